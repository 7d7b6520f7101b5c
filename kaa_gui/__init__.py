"""Explore, understand and publish adversarial attacks on pose-estimation networks.

From top to bottom; a layer imports only what stands below it (``resources/docs/architecture.md``)::

    cli        parses the command line          commands   one module a command
    app        starts the window                bench      measures speed
    wiring     hands the window its services
    ui         the window                       evaluation data sets, rows, tables, reports
    runs       a run on disk                    scene_3d   the 3D scene, VTK without Qt
    figures    runs drawn for print             engine     the door: numpy in, a generator of snapshots out
    colours    every colour, once
    core       pictures, victims, correlations, attacks (torch, numpy, cv2)
"""
