"""What gunicorn reads by itself where it is started in this folder."""

# The site stands at the root of its host, whatever a client says it is called there
# (SCRIPT_NAME, PATH_INFO): by itself gunicorn believes those who ask from this machine.
forwarder_headers = ""
