"""``python -m remediate``, and the command ``remediate``."""

from __future__ import annotations

import gc

from remediate import signals


def main() -> None:
    """Run the command line; an interrupt ends it quietly at every moment, the imports included."""
    # A run is short and makes many objects but no cycles: looking for garbage would take a tenth of its time.
    gc.disable()
    signals.end_at_once()
    from remediate.cli import main as command

    signals.raise_stopped()
    try:
        command()
    finally:
        gc.freeze()  # Python looks for garbage once more at its end


if __name__ == "__main__":
    main()
