"""What `benches/compare.py` is made of.

The command and all files but two need only Python's standard library. `models.py` and `keras_worker.py` run with the
Python of a peer, which has Keras.
"""
