-- migrate:up transaction:false

-- The newest generations of all teams, for an operator's list. By itself, because CONCURRENTLY allows nothing beside it.
CREATE INDEX CONCURRENTLY generations_newest ON generations (created_at DESC);

-- migrate:down
