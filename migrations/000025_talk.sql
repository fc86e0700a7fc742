-- migrate:up

-- People answer videos with words: the message, or the thread, tells which one is meant.

CREATE INDEX deliveries_message ON deliveries USING hash (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX generations_thread ON generations USING hash (thread) WHERE thread IS NOT NULL;

-- migrate:down
