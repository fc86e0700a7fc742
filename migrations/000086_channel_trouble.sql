-- migrate:up

-- Channels in which results could not be posted lately: so many in a row. One that arrives forgets them. While there are two,
-- a platform that can check its channels takes no request there until a check has passed.
CREATE TABLE channel_trouble (
    platform     text NOT NULL,
    installation text NOT NULL,
    channel      text NOT NULL,
    undelivered  integer NOT NULL DEFAULT 0,
    checked_at   timestamptz,
    PRIMARY KEY (platform, installation, channel)
);

-- A trigger of `deliveries`: counts a result that went to the person directly or nowhere, and forgets the count when one has
-- arrived where it was asked for.
CREATE FUNCTION count_channel_trouble() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    g record;
BEGIN
    SELECT platform, installation, channel INTO g FROM generations WHERE id = NEW.generation_id;
    IF g.channel IS NULL THEN
        RETURN NULL;
    ELSIF NEW.state = 'gone' OR NEW.memory ->> 'where' = 'direct' THEN
        INSERT INTO channel_trouble AS c (platform, installation, channel, undelivered)
        VALUES (g.platform, g.installation, g.channel, 1)
        ON CONFLICT (platform, installation, channel) DO UPDATE SET undelivered = c.undelivered + 1;
    ELSE
        DELETE FROM channel_trouble c
         WHERE c.platform = g.platform AND c.installation = g.installation AND c.channel = g.channel;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER deliveries_trouble AFTER UPDATE OF state ON deliveries
    FOR EACH ROW WHEN (NEW.kind = 'result' AND OLD.state = 'due' AND NEW.state IN ('done', 'gone'))
    EXECUTE FUNCTION count_channel_trouble();

-- A check of the channel has passed: one more undelivered result closes it again. False: it is still closed, because it was
-- checked within p_least already.
CREATE FUNCTION reopen_channel(p_platform text, p_installation text, p_channel text, p_least interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    UPDATE channel_trouble SET undelivered = 1, checked_at = nd_now()
     WHERE platform = p_platform AND installation = p_installation AND channel = p_channel
       AND (undelivered < 2 OR checked_at IS NULL OR checked_at < nd_now() - p_least);
    RETURN FOUND;
END
$$;

-- What an alert is about, where numbers do not say it.
ALTER TABLE alert ADD COLUMN detail text;
ALTER TABLE alert DROP CONSTRAINT alert_kind;
ALTER TABLE alert ADD CONSTRAINT alert_kind
    CHECK (kind IN ('budget', 'low_balance', 'approval', 'undelivered', 'permissions')) NOT VALID;
CREATE INDEX alert_of_permissions ON alert (team_id, created_at) WHERE kind = 'permissions';

-- Tells a team's alert channel what the bot may not do where people ask for videos; the same at most once a day.
CREATE FUNCTION note_missing_permissions(p_platform text, p_installation text, p_detail text) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO alert (team_id, kind, cap, balance, platform, installation, place, detail)
    SELECT t.id, 'permissions', 0, 0, t.alert_platform, t.alert_installation, t.alert_channel, p_detail
      FROM workspace w JOIN team t ON t.id = team_spends_as(w.team_id)
     WHERE w.platform = p_platform AND w.installation = p_installation AND t.alert_channel IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM alert a
                        WHERE a.team_id = t.id AND a.kind = 'permissions' AND a.detail = p_detail
                          AND a.created_at > nd_now() - interval '1 day')
$$;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        PERFORM allow_product_role('neverdark_app');
    END IF;
END
$$;

-- migrate:down
