"""Words of negation, tense and retraction, in English and Spanish, folded."""

from shared.text_matching.index import PhraseIndex


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _patterns(*patterns: str) -> PhraseIndex:
    return PhraseIndex.of(("", pattern) for pattern in patterns)


# Words that deny what follows; not "cannot", because what cannot be done is a hindrance.
DENYING = _words(
    "no not nobody none nothing never without neither nor "
    "dont doesnt didnt isnt arent wasnt werent hasnt havent "
    "nadie nada sin nunca jamas ni ningun ninguna ninguno tampoco"
)

# Signs, outages and hindrances that begin like a negation.
DENYING_NOTHING = _patterns(
    "no parking|stopping|standing|entry|exit|outlet|left|right|turn|turns|thru|through",
    "no wait|actually",
    "no deja|dejan|para|paran de",
    "no trespassing|dumping|camping|idea|doubt|power|light|lights|electricity|way|room",
    "not enter|only|just|sure|working|stop|safe",
    "without power|lights|electricity",
    "no puedo|puede|pueden|podemos|se|funciona|funcionan|sirve|sirven|prende|enciende",
    "no estacionar|solo|pasar",
    "sin luz|luces|energia|electricidad|paso|salida|parar",
)

# Words that end the reach of a negation.
PARTING = _words(
    "and but however although though except because so yet while since "
    "y e pero sino aunque porque excepto mientras"
)

# Verbs in the past tense.
PAST = _words("was were had been estaba estaban estuvo fue habia hubo")

# Words after a retraction that indicate a continuing problem.
AGAIN = _words(
    "again still but however sigue siguen todavia aun volvio vuelve nuevamente otra pero"
)

# Statements that something is over.
OVER = _patterns(
    "fine|ok|okay|clear|gone|fixed|safe now",
    "now fine|ok|okay|clear|gone|fixed|safe",
    "already fixed|gone|cleared",
    "all clear",
    "put out",
    "no longer",
    "not any-more|anymore",
    "ya no",
    "ya se fue|apago",
    "ya lo|la|los|las quitaron|arreglaron",
    "ya esta bien|arreglado",
)
