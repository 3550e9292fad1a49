"""The audit log: one row for every act, written with the act."""
