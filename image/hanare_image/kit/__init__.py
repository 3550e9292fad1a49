"""`hanare stick kit`: the kitting station as pages that lead through it; every act is the one of the command line."""
