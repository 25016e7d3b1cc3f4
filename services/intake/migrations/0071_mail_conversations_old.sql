CREATE INDEX mail_conversations_old ON mail_conversations (asked_at) WHERE due_at IS NULL;
