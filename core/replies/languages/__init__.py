"""The languages of messages: English is in the code, other languages are in catalogues beside this file."""
