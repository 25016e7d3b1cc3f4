"""Pure rules of triage: matching, priority, referrals and answers to plain questions."""
