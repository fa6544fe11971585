"""All that is known of a run as one HTML page."""
