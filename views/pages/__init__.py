"""One thin file a page. With app.py the only users of Streamlit."""
