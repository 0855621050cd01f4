raise RuntimeError("this app cannot load")
