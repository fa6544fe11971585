"""What is wrong, and what to try: with this installation and machine (`installation`), or with a run (`diagnosis`)."""
