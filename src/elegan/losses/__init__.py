"""What is minimised: adversarial losses, penalties, regularisers, criteria."""
