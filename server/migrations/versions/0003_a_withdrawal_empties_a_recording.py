"""What a recording was like ends with its media: the hash of its sealed bytes can be taken away as well."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Bring the tables from the version before to this one."""
    # The column is made anew, as SQLite takes no NOT NULL away, and a table that others point to is not copied.
    op.execute("ALTER TABLE recordings ADD COLUMN sealed VARCHAR(64)")
    op.execute("UPDATE recordings SET sealed = sealed_sha256")
    op.execute("ALTER TABLE recordings DROP COLUMN sealed_sha256")
    op.execute("ALTER TABLE recordings RENAME COLUMN sealed TO sealed_sha256")
    op.execute(
        "UPDATE recordings SET sealed_sha256 = NULL, seconds = NULL, media_type = NULL, video_codec = NULL, "
        "width = NULL, height = NULL WHERE state = 'erased' OR (state = 'transcribed' AND media_file IS NULL)"
    )
