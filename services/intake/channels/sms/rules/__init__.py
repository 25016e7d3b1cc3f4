"""SMS conversations: pure rules from one text to the answer and to what is accepted."""
