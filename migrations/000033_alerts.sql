-- migrate:up

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
    generation_id uuid UNIQUE REFERENCES generations (id) ON DELETE CASCADE,
    platform      text NOT NULL,
    installation  text NOT NULL,
    place         text NOT NULL,
    state         text NOT NULL DEFAULT 'due',
    wake_at       timestamptz NOT NULL DEFAULT nd_now(),
    tries         smallint NOT NULL DEFAULT 0,
    message_id    text,
    created_at    timestamptz NOT NULL DEFAULT nd_now(),
    CONSTRAINT alert_kind CHECK (kind IN ('budget', 'low_balance', 'approval')),
    CONSTRAINT alert_state CHECK (state IN ('due', 'said', 'gone'))
);

CREATE INDEX alert_due ON alert (wake_at) WHERE state = 'due';
CREATE INDEX team_alerted ON team (id) WHERE alert_channel IS NOT NULL AND joined_to IS NULL;

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
    ON CONFLICT (generation_id) DO NOTHING;
END
$$;

-- Takes up to p_limit due alerts for p_lease.
CREATE FUNCTION claim_alerts(p_limit integer, p_lease interval) RETURNS SETOF alert
LANGUAGE sql VOLATILE AS $$
    UPDATE alert a SET wake_at = nd_now() + p_lease, tries = a.tries + 1
      FROM (SELECT id FROM alert WHERE state = 'due' AND wake_at <= nd_now()
             ORDER BY wake_at LIMIT p_limit FOR UPDATE SKIP LOCKED) due
     WHERE a.id = due.id
    RETURNING a.*
$$;

REVOKE EXECUTE ON FUNCTION teams_to_alert FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'neverdark_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON alert TO neverdark_app;
        GRANT EXECUTE ON FUNCTION teams_to_alert TO neverdark_app;
    END IF;
END
$$;

-- migrate:down
