-- migrate:up transaction:false

-- One message of a kind for each attempt. By itself, because CONCURRENTLY allows nothing beside it.
CREATE UNIQUE INDEX CONCURRENTLY deliveries_of_attempt ON deliveries (generation_id, kind, attempt);

-- migrate:down
