"""Labels of urgency from the corrections of operators and the reasons of bureaus."""
