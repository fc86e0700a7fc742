-- migrate:up

-- Who decided on a video that asked an admin first, and the question in the alerts channel, which is edited to the answer.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- The number of the member who let it go or declined it; null where nobody has.
ALTER TABLE generations ADD COLUMN decided_by bigint;

-- What waited for an admin is decided, has lapsed, or is wanted no more: its question, posted or on its way, is to say so. The fence
-- moves, so that whoever is about to post the question looks again.
CREATE FUNCTION generations_answer_question() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alert SET state = 'due', wake_at = nd_now(), tries = 1, fence = fence + 1
     WHERE generation_id = NEW.id AND kind = 'approval' AND state <> 'gone';
    RETURN NULL;
END
$$;

CREATE TRIGGER generations_answer_question AFTER UPDATE OF state, cancel_requested_at ON generations FOR EACH ROW
    WHEN (OLD.state = 'asking' AND OLD.cancel_requested_at IS NULL
          AND (NEW.state <> 'asking' OR NEW.cancel_requested_at IS NOT NULL))
    EXECUTE FUNCTION generations_answer_question();

-- migrate:down
