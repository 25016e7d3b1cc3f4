"""Words that close a gap: what follows them need not be so."""

_CLOSING = """
no not nobody none nothing never without neither nor dont doesnt didnt isnt arent wasnt werent
hasnt havent but if unless until before almost nearly could might may will would can gonna should
nadie nada sin nunca jamas ni ningun ninguna ninguno tampoco pero si aunque antes hasta casi puede
pueden podria podrian va vaya vayan
"""

CLOSING = frozenset(_CLOSING.split())
