"""``python -m remediate``, and the command ``remediate``."""

from __future__ import annotations

from remediate import signals


def main() -> None:
    """Run the command line; an interrupt ends it quietly at every moment, the imports included."""
    signals.end_at_once()
    from remediate.cli import main as command

    signals.raise_stopped()
    command()


if __name__ == "__main__":
    main()
