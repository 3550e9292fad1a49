"""Builds the stick's OS image from Debian packages: tree, root, initrd, boot loader, disk."""
