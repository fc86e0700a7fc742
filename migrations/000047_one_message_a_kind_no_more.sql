-- migrate:up

-- Replaced by deliveries_of_attempt: several attempts of a generation may each give an extra take.
ALTER TABLE deliveries DROP CONSTRAINT deliveries_generation_id_kind_key;

-- migrate:down
