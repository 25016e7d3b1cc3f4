-- What the operations role may know of a sealed contact: whether the key that opens it is there.
CREATE VIEW sealed_contacts AS
    SELECT request_id::text AS id, key.person IS NOT NULL AS has_key
      FROM requests LEFT JOIN contact_keys AS key USING (person)
     WHERE sealed_mailbox LIKE 'sealed:%' OR sealed_phone LIKE 'sealed:%'
        OR sealed_name LIKE 'sealed:%'
     UNION ALL
    SELECT alert_id::text, key.person IS NOT NULL
      FROM area_alerts LEFT JOIN contact_keys AS key USING (person);
