-- migrate:up transaction:false

-- A person's own videos, newest first: for /video mine and /video cancel.
CREATE INDEX CONCURRENTLY generations_own ON generations (platform, installation, user_id, created_at DESC);

-- migrate:down
