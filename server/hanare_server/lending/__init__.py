"""Lending: who holds which stick, until when; what is overdue; what is lost."""
