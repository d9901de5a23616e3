"""Configuration in the syntax of drbd.conf: read, checked, shown in normal form."""
