"""Django templates: read without Django into frozen values, and found by name as Django would."""
