"""Programs that `elegan bundle` puts beside a model: each stands alone, without elegan and torch."""
