"""The office's own directory, Active Directory or OpenLDAP: users come from it, administrators sign in with it."""
