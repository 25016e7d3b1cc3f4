"""Phrases of the screen of texts: one alternative a line, in plain letters and lower case.

``@people`` and the like stand for the family of words with that name; a line with ``+`` continues
the one before.
"""

import re

_FAMILIES = {
    "@whose": "my|our|the|this|that|his|her|their|an?|one|your",
    "@people": "man|woman|men|guys?|lady|ladies|gentleman|dude|boy|girl|kids?|teen|teenager|couple"
    "|family|families|people|folks|persons?|individual|tenants?|residents?|renters?|occupants?"
    "|owners?|homeowners?|home owners?|neighbou?rs?|landlord",
    "@someone": "man|woman|guys?|lady|dude|boy|girl|kid|teen|teenager|male|female|individual|couple"
    "|gentleman",
    "@origin": "black|white|hispanic|spanish|latino|asian|dark[ -]skinned|light[ -]skinned"
    "|african[ -]american",
    "@dwelling": "house|home|apartment|apt|unit|floor|duplex|condo|trailer|basement|corner|block"
    "|building|garage|door|hall",
    "@street": r"\d{1,5}(?:[-/]\d{1,5})? (?:[nsew]{1,2}\.? )?[a-z]{3,15}"
    r"(?: (?:st|street|ave?|avenue|rd|road|dr|drive|blvd|ln|lane|ct|court|pl|place|terrace)\.?)?",
    "@gente": "senor(?:a|es)?|hombre|mujer|tipo|tipa|chic[oa]|muchach[oa]s?|joven|viej[oa]|familia"
    "|pareja|duen[oa]s?|propietari[oa]s?|inquilin[oa]s?|vecin[oa]s?|hij[oa]s?|gente|individuo"
    "|caser[oa]",
    "@vivienda": r"casa|piso|puerta|portal|bajo|atico|apartamento|departamento|numero|n\.?o?"
    "|esquina|edificio|calle",
    "@planta": "primero|segundo|tercero|cuarto|quinto|sexto|enfrente|lado|arriba|abajo",
    "@insult": "crazy|psycho|idiots?|morons?|scumbags?|low-?life|slobs?|filthy|jerks?|bitch"
    "|asshole|pigs?|trashy|nasty|disgusting|crooks?|creeps?|creepy|lazy|stupid|freak|loser"
    "|loc[oa]s?|cerd[oa]s?|guarr[oa]s?|gitan[oa]s?|sinverguenzas?|gilipollas|imbecil(?:es)?"
    "|asqueros[oa]s?|marran[oa]s?|cochin[oa]s?|maleducad[oa]s?|idiotas?|estupid[oa]s?",
}
_CONTINUED = re.compile(r"\n *\+")
_FAMILY = re.compile("|".join(sorted(_FAMILIES, key=len, reverse=True)))


def _either(alternatives: str) -> str:
    lines = filter(None, map(str.strip, _CONTINUED.sub("", alternatives).splitlines()))
    return _FAMILY.sub(lambda family: f"(?:{_FAMILIES[family.group()]})", "|".join(lines))


def _whole(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{_either(alternatives)})(?![\w-])")


# A neighbour, or another person whom the neighbourhood knows.
NEIGHBOUR = _whole(
    r"""
    @whose(?: [\w'-]{2,14}){0,2} (?:neighbou?r(?:'s)?(?: \w{1,15})?|landlord|landlady|roommate)
    @whose(?: [\w'-]{2,14}){0,2} (?:housemate|super|in-laws?)
    @whose ex(?:[ -](?:husband|wife|boyfriend|girlfriend))?
    (?:next[ -]door|upstairs|downstairs|absentee) @people
    @people (?:next[ -]door|upstairs|downstairs|across the (?:street|hall|road))
    next[ -]door
    landlord|slumlord|tenants?|neighbou?rs?|home ?owners?|family
    (?:the|an?) (?:owners?|occupants?|residents?)
    (?:mis?|el|la|una?|nuestr[oa]|unos|unas) (?:vecin[oa]s?|caser[oa]|inquilin[oa]s?|ex|cunad[oa])
    (?:mi|el|la|una?) (?:suegr[oa]|companer[oa] de piso|hij[oa] de(?:l| la| mi) \w{1,15})
    """
)
# Somebody at a home that the text names.
AT_HOME = _whole(
    r"""
    @people(?: (?:who|that|of|the))?
    +(?: (?:lives?|living|is|are|staying|moved|house|property|home))?
    + (?:at|in|on|of|from|by|across|behind|into) (?:the |our |this |that )?
    +(?:[\w'-]{1,12} ){0,2}(?:number |no\.? |#)?(?:\d{1,6}|@dwelling)
    @people who lives?
    @people (?:at|of) th(?:is|ese) (?:address|property|house|home|apartment)
    (?:he|she) lives (?:in|at|on|behind|next)
    whoever lives
    (?:el|la|los|las|una?|es[aeo]s?) @gente
    + (?:del?|de la|en la|en el|que viven?(?: en)?)(?: (?:la|el|los|las))?
    + (?:@vivienda|\d{1,6}|@planta)
    (?:el|la|los|las) (?:del?|de la) (?:@vivienda )?(?:\d{1,6}|@planta)
    """
)
# People at a number, unless they only report something, and whoever lives at a home.
AT_NUMBER = _whole(
    r"""
    (?:@people) (?:who lives? |living )?(?:at|in|of|from|@) (?:the )?(?:house |apt |unit )?
    +(?:number |no\.? |#)?\d{1,6}(?!\d|\w|.{0,50}(?:report|request|ask|need|call|stat|advis
    +|would like|has not received|complain|wants|says|said|told|missed))
    (?:los|el|la) del? (?:numero |portal )?\d{1,6}
    (?:@someone|family|tenants?|renters?|residents?) (?:who lives? |living )?
    +(?:in|at|of|from|across|behind) (?:the |our |my |that )?(?:\w{1,12} ){0,2}
    +(?:house|apartment|apt|unit|floor|duplex|condo|basement|next door|street from me)
    (?:he|she|they|who) lives? (?:at|in|on|behind|next|across)
    """
)
# One person, described or accused of a habit.
DESCRIBED = _whole(
    r"""
    @origin @someone
    (?:he|she) (?:refuses|never|always|constantly|keeps|does(?: not|n't)|throws|yells|screams|parks)
    (?:mi|el|la|una?) vecin[oa]
    """
)
# A person without a name or home, who counts with a crime.
SOMEBODY = _whole(
    r"""
    (?:the|this|that|same|some|old|young) (?:\w{1,15} )?(?:@someone|dealer|panhandler)
    (?:he|she|they) (?:is|are|was|has|have|sells?|deals?|lives?)
    (?:homeless|@origin) (?:@someone|males|females)
    (?:es[ae]|el|la|una?) @gente
    """
)
HOME = _whole(
    r"""
    (?:at|from|of|out of|in|@) @street
    this (?:house|apartment|address|home)
    """
)
NUMBERED = _whole("@street")
CRIME = _whole(
    r"""
    drugs?|dealers?|dealing|meth|crack (?:head|cocaine)|smok\w{1,9} |heroin|marijuana|cocaine
    fentanyl|needles|shoots? up|high on|prostitut\w{0,9}|hookers?|pimps?|drunks?|alcoholics?
    junkies?|addicts?|steals?|stealing|stole|thief|robs|robbed|beats?|beating|abus(?:es?|ing|ive)
    hits (?:her|him|his|the)|threat\w{0,9}|harass\w{0,9}|stalk\w{0,9}|hoard\w{0,9}|rapist
    molest\w{0,9}|pedophile|sex offender|poison(?:s|ed|ing)?|assault\w{0,9}|squatt\w{0,9}
    expos(?:es|ed|ing) h\w{2,3}self|masturbat\w{0,9}|urinat\w{0,9}|defecat\w{0,9}
    vandal(?!ized|ised)\w{0,9}|illegal (?:apartment|basement)|gang|scam\w{0,9}|weapons?|guns?
    drogas?|marihuana|cocaina|prostitu\w{0,9}|borrach[oa]s?|drogadict[oa]s?|roban?|robo
    ladron\w{0,9}|golpea\w{0,9}|pega|amenaz\w{0,9}|acos[ao]\w{0,9}|maltrat\w{0,9}|abusa\w{0,9}
    encerrad[oa]s?|molesta a l[ao]s? (?:nin|chic|mujer|menor)\w{0,5}
    """
)
HOME_CRIME = _whole(
    r"""
    drug (?:deal\w{0,5}|activity|house|sales?|traffic)|(?:selling|dealing|doing|using) drugs
    meth lab|hoard\w{0,5}|prostitut\w{0,5}|bark\w{0,5}
    illegal (?:apartment|basement|rooming|airbnb)
    (?:dirt ?bikes?|atvs?|quads?) (?:\w{1,15} )?(?:stored|kept|housed|repaired)
    """
)
NUISANCE = _whole(
    r"""
    dump(?:s|ed|ing)?|throw(?:s|ing)?|threw|toss(?:es|ed|ing)|left|junk|violat\w{1,7}|bark\w{0,5}
    put(?:s|ting)? (?:out |his|her|their|trash|garbage)
    leav(?:es?|ing) (?:his|her|their|the|trash|garbage|bottles|bags)
    refus(?:es?|ed)|lets? (?:his|her|their|the)|allows? (?:his|her|their|the)
    (?:does|do)(?:n't| not| nothing)|won't|fails? to|never|always|constantly
    keeps? (?:\w{1,15} )?(?:\w{1,12}ing|his|her|their|the)
    every (?:night|weekend|day|morning)|all (?:night|week|day)
    screams?|screaming|yells?|yelling|shout\w{0,5}|curs(?:es|ing)|fight(?:s|ing)?|bangs
    blast\w{0,5}|loud(?:ly)?|party|parties|partying|disrespect\w{0,5}
    park(?:s|ing|ed)? (?:on|in|his|her|their|a|cars?)|burn(?:s|ing)|cuts? down
    without (?:a )?permits?|illegal(?:ly)?|runs? (?:a|an)|running
    tiran?|dejan?|gritan?|nunca|siempre|ensucian?|queman?|quemando|estacionan?|aparcan?|pelean?
    rayan?|rompi[oe]\w{0,5}|crian?|sin permiso|construyen?|toda la noche|todas las noches
    no (?:recoge|arregla|limpia|saca|paga)\w{0,3}
    """
)
NEGLECT = _whole(
    r"""
    (?:never|refuses?(?: to)?|(?:do|does|did)(?: not|n't|nt)(?: ever)?|always|fails? to
    +|constantly) (?:\w{1,15} )?(?:shovel|clean|clear|remov|mow|maintain|cut|pick|tak|bring
    +|leav|trim)\w{0,5}
    """
)
INSULT = _whole("@insult")
INSULTED = _whole(
    r"""
    (?:he|she) is (?:an? )?(?:total |complete |real |such an? )?@insult
    (?:that|this) (?:\w{1,15} )?@insult (?:\w{1,15} )?(?:@people|on|in|at)
    (?:es[ae]|la|el) (?:\w{1,15} )?@insult (?:del?|de la|que)
    """
)
PATIENT = _whole(
    r"""
    @whose(?: [\w'-]{2,14}){0,2} (?:neighbou?r|mother|father|mom|dad|wife|husband|son|daughter)
    @whose(?: [\w'-]{2,14}){0,2} (?:grandmother|grandfather|brother|sister|resident|tenant|@someone)
    i am an?|i'm an?|he|she
    (?:mi|una?|el|la|su|soy|es) (?:@gente|madre|padre|mama|papa|marido|espos[oa]|abuel[oa])
    (?:mi|una?|el|la|su|soy|es) (?:herman[oa]|persona|ciudadan[oa]|nin[oa])
    soy|al ser yo
    """
)
HEALTH = _whole(
    r"""
    disabled|handicapped|dialysis|cancer|dementia|alzheimer\w{0,3}|autis\w{1,5}|mentally ill
    schizophren\w{0,4}|bipolar|diabet\w{1,5}|hiv(?: positive)?|epilep\w{1,5}|parkinson\w{0,3}
    rehab|overdos\w{1,4}|mental illness
    discapacitad[oa]s?|discapacidad|minusvalid[oa]s?|invidente|esquizofreni\w{0,4}|demencia
    enferm[oa]s?|sindrome|movilidad reducida|alcoholic[oa]
    """
)
PATIENT_ALONE = _whole(
    r"""
    (?:elderly|disabled|handicapped|blind|sick|mentally ill|autistic|senile)
    + (?:person|neighbou?r|resident|mother|father|son|daughter|@someone)(?:'s)?
    (?:i am|i'm) (?:an? )?(?:\w{1,15} )?(?:disabled|handicapped|dialysis|blind|diabetic|sick)
    (?:senora?|vecin[oa]|madre|padre|hij[oa]|abuel[oa]|persona) (?:mayor |muy )?
    +(?:invidente|enferm[oa]|discapacitad[oa]|minusvalid[oa]|cieg[oa])
    """
)
PLATE = _whole(
    r"""
    (?:plates?|tag|licen[cs]e|matriculas?|placas?)
    +(?: (?:number|no|is|de|la|numero|or|ct|with|#))?
    +[ .:#-]{0,3}(?=[a-z0-9?-]{0,7}\d)[a-z0-9?]{2,8}(?:[ -]{1,3}[a-z0-9]{2,4}){0,2}
    (?:plates?|matriculas?|placas?)(?: (?:is|de|numero))? [a-z]{3}[ -]\d{3,4}
    \d{4} ?-?(?!ghz|mts|hrs|kms|lbs|rpm|cms|mph|pts)[bcdfghjklmnpqrstvwxyz]{3}
    """
)
