"""Real projects, packages and standard libraries: does the tool crash, hang, or say something else the second time?"""
