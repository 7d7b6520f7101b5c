"""Attack whole data sets: sources, plan, workers, rows on disk, tables and report.

``datasets`` reads what to attack, ``plan`` crosses it with configurations, ``work`` attacks one row,
``crews`` run rows here, in processes or on a cluster, ``store`` keeps them, ``runner`` drives it all, and
``report`` makes tables, curves and one page out of the rows.
"""
