"""The second factor of staff: passkeys (WebAuthn), codes of an app (TOTP, RFC 6238) and recovery
codes. Rows and cryptography are django-allauth's; signing in stays Django's, with its limits here.
"""
