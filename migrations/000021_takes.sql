-- migrate:up

-- Several takes of one description: one root message and one thread, each take a generation with its own price and result.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- take_of: the first take, whose root message opens the thread of all. take: 0 for the first. picked_at: somebody has chosen it.
ALTER TABLE generations ADD COLUMN take_of uuid, ADD COLUMN take smallint NOT NULL DEFAULT 0,
    ADD COLUMN takes smallint NOT NULL DEFAULT 1, ADD COLUMN picked_at timestamptz;

CREATE INDEX generations_takes ON generations (take_of) WHERE take_of IS NOT NULL;

ALTER TABLE deliveries DROP CONSTRAINT deliveries_kind;
ALTER TABLE deliveries ADD CONSTRAINT deliveries_kind CHECK (kind IN ('root', 'progress', 'result', 'extra', 'root_edit', 'pick'));

-- Makes a generation that has just been written one of several takes. All but the first speak in the first one's thread. In the
-- transaction that writes them all.
CREATE FUNCTION join_take(p_id uuid, p_first uuid, p_take integer, p_takes integer) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE generations SET take_of = p_first, take = p_take, takes = p_takes WHERE id = p_id;
    IF p_take > 0 THEN
        DELETE FROM deliveries WHERE generation_id = p_id AND kind = 'root';
    END IF;
END
$$;

-- The other takes speak where the first one does, as far as they have no place yet.
CREATE FUNCTION follow_first_take(p_first uuid, p_thread text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_other uuid;
BEGIN
    FOR v_other IN SELECT id FROM generations WHERE take_of = p_first AND id <> p_first AND thread IS NULL ORDER BY id
    LOOP
        UPDATE generations SET thread = p_thread WHERE id = v_other;
        PERFORM wake_messages(v_other);
    END LOOP;
END
$$;

-- A trigger of `generations`: wherever the thread of a first take comes from, the others follow.
CREATE FUNCTION takes_follow() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM follow_first_take(NEW.id, NEW.thread);
    RETURN NULL;
END
$$;

CREATE TRIGGER takes_follow AFTER UPDATE OF thread ON generations FOR EACH ROW
    WHEN (NEW.thread IS NOT NULL AND OLD.thread IS DISTINCT FROM NEW.thread AND NEW.take_of = NEW.id)
    EXECUTE FUNCTION takes_follow();

-- Chooses one of several takes, once for all of them: a message says so, under this key, and with p_alone the messages of the
-- others that are over are taken away; their links stay. False: one was chosen before, and nothing has changed.
CREATE FUNCTION pick_take(p_id uuid, p_key uuid, p_alone boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_first uuid;
BEGIN
    SELECT take_of INTO v_first FROM generations WHERE id = p_id;
    PERFORM 1 FROM generations WHERE id = v_first FOR NO KEY UPDATE;
    PERFORM 1 FROM generations WHERE take_of = v_first AND picked_at IS NOT NULL;
    IF FOUND THEN
        RETURN false;
    END IF;
    UPDATE generations SET picked_at = nd_now() WHERE id = p_id;
    INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES (p_id, 'pick', p_key, nd_now())
    ON CONFLICT DO NOTHING;
    IF p_alone THEN
        INSERT INTO removals (generation_id, files)
        SELECT id, false FROM generations
         WHERE take_of = v_first AND id <> p_id AND outcome = 'succeeded' AND state = 'done' AND clip IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN true;
END
$$;

-- The product's role may use what is new here.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
