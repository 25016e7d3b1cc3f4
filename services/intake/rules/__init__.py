"""The rules of intake: pure functions that know no event, no driver and no clock."""
