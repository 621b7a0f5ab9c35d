"""
Door 1: the web app. Started by `streamlit run app.py`, or by `python cli.py app -w WORKSPACE`.

The server imports this file for its routes; each visit then runs it as a script for its pages.
"""

import streamlit as st

if __name__ == "__main__":
    from views.pages.frame import run

    run()
else:
    from views.server import middleware, routes

    app = st.App(__file__, routes=routes(), middleware=middleware(st.get_option("server.allowedHosts")))
