-- What the demo shows of the database.

-- name: recent
-- purpose: the newest messages with what was understood of them
SELECT message.channel_id, message.message_id, kind, text, asset, buy_min, stop, message.revision
FROM (
    SELECT * FROM tp_capital.messages
    WHERE revision > 0  -- 0 is a deletion whose message never came
    ORDER BY last_seen_at DESC, id DESC LIMIT %s
) AS message
LEFT JOIN tp_capital.tp_capital_signals AS signal
    USING (channel_id, message_id, sent_at)
ORDER BY message.last_seen_at DESC, message.id DESC;

-- name: totals
-- purpose: messages, active signals and malformed texts in all
SELECT (SELECT count(*) FROM tp_capital.messages WHERE revision > 0),
       (SELECT count(*) FROM tp_capital.tp_capital_signals WHERE status = 'active'),
       (SELECT count(*) FROM tp_capital.messages WHERE kind = 'malformed' AND revision > 0);
