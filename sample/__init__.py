"""The sample library: its questionnaire, videos, visits and recordings, for the demo and the browser stories."""
