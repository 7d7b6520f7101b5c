"""The door to the attack: numpy in, numpy out, a generator of snapshots."""
