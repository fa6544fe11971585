"""Watching a training: what is sick (`rules`), who notices (`guard`), what helps (`remedies`)."""
