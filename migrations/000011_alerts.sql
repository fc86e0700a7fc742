-- migrate:up

-- Alerts on their way into a team's channel.

-- A function may name what a later file makes.
SET LOCAL check_function_bodies = off;

-- What is to be said in a team's alert channel, written down in the transaction that finds it due, so that it is said once
-- and not lost. place is the platform's own word for the channel. Whoever posts it claims it by moving wake_at: a poster
-- that dies is followed by another, which first looks for what the last one may have left.
CREATE TABLE alert (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key           uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    team_id       bigint NOT NULL REFERENCES team (id),
    kind          text NOT NULL,
    scope         text,
    period        text,
    cap           bigint NOT NULL,
    spent         bigint,
    balance       bigint NOT NULL,
    generation_id uuid REFERENCES generations (id) ON DELETE CASCADE,
    platform      text NOT NULL,
    installation  text NOT NULL,
    place         text NOT NULL,
    state         text NOT NULL DEFAULT 'due',
    wake_at       timestamptz NOT NULL DEFAULT nd_now(),
    tries         integer NOT NULL DEFAULT 0,
    message_id    text,
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    -- An alert is claimed under a fence like everything else: who has stood still since writes nothing.
    fence bigint NOT NULL DEFAULT 0,
    -- What an alert is about, where numbers do not say it.
    detail text,
    CONSTRAINT alert_state CHECK (state IN ('due', 'said', 'gone')),
    CONSTRAINT alert_kind CHECK (kind IN ('budget', 'low_balance', 'approval', 'undelivered', 'permissions'))
);

CREATE INDEX alert_due ON alert (wake_at) WHERE state = 'due';
CREATE UNIQUE INDEX alert_of_generation ON alert (generation_id, kind);
CREATE INDEX alert_of_permissions ON alert (team_id, created_at) WHERE kind = 'permissions';

-- Teams of which an alert may be due; note_alerts decides. What lapsed and is not booked yet may have lowered a balance.
CREATE FUNCTION teams_to_alert(p_limit integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT t.id FROM team t JOIN wallet w ON w.team_id = t.id
     WHERE t.alert_channel IS NOT NULL AND t.joined_to IS NULL
       AND (NOT t.low_alerted AND (w.balance < t.low_balance OR w.next_event <= nd_now())
            OR w.gates & 4 <> 0 AND EXISTS (SELECT 1 FROM budget b WHERE b.team_id = t.id AND budget_alert_is_due(b)))
     ORDER BY random() LIMIT p_limit;
END
$$;

-- Writes down the alerts of a team that are due, which marks them as given. Returns how many.
CREATE FUNCTION note_alerts(p_team bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    noted integer;
BEGIN
    INSERT INTO alert (team_id, kind, scope, period, cap, spent, balance, platform, installation, place)
    SELECT p_team, d.kind, d.scope, d.period, d.cap, d.spent, d.balance, d.platform, d.installation, d.channel
      FROM due_alerts(p_team) d;
    GET DIAGNOSTICS noted = ROW_COUNT;
    RETURN noted;
END
$$;

-- Tells the admins of a generation's own workspace that it waits for them, if that is where the team's alerts go.
CREATE FUNCTION note_approval(p_generation uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'approval', (SELECT max(p.value::bigint) FROM jsonb_each_text(g.prices) p), c.balance, g.id, t.alert_platform,
           t.alert_installation, t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id), credit_balance(t.id) c
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
       AND t.alert_platform = g.platform AND t.alert_installation = g.installation
    ON CONFLICT (generation_id, kind) DO NOTHING;
END
$$;

-- Takes up to p_limit due alerts for p_lease.
CREATE FUNCTION claim_alerts(p_limit integer, p_lease interval) RETURNS SETOF alert
LANGUAGE sql VOLATILE AS $$
    UPDATE alert a SET wake_at = nd_now() + p_lease, tries = a.tries + 1, fence = a.fence + 1
      FROM (SELECT id FROM alert WHERE state = 'due' AND wake_at <= nd_now()
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE a.id = due.id
    RETURNING a.*
$$;

-- Tells a team's alert channel that the last word of a generation could be said nowhere; cap is what it had paid.
CREATE FUNCTION note_undelivered(p_generation uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO alert (team_id, kind, cap, balance, generation_id, platform, installation, place)
    SELECT t.id, 'undelivered', coalesce(g.settled, g.consumed), c.balance, g.id, t.alert_platform, t.alert_installation,
           t.alert_channel
      FROM generations g JOIN team t ON t.id = team_spends_as(g.team_id), credit_balance(t.id) c
     WHERE g.id = p_generation AND t.alert_channel IS NOT NULL
    ON CONFLICT (generation_id, kind) DO NOTHING;
END
$$;

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

-- Tells a team's alert channel that its gallery takes nothing: it was deleted, or is closed to the bot. At most once a day.
CREATE FUNCTION note_gallery_lost(p_platform text, p_installation text) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO alert (team_id, kind, cap, balance, platform, installation, place)
    SELECT t.id, 'gallery', 0, 0, t.alert_platform, t.alert_installation, t.alert_channel
      FROM workspace w JOIN team t ON t.id = team_spends_as(w.team_id)
     WHERE w.platform = p_platform AND w.installation = p_installation AND t.alert_channel IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM alert a
                        WHERE a.team_id = t.id AND a.kind = 'gallery' AND a.created_at > nd_now() - interval '1 day')
$$;

-- migrate:down
