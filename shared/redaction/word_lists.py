"""Word lists of the redaction rules."""


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Words before "at" that are no mailbox, as in "look at".
NO_MAILBOXES = words(
    """
    a also and anything are be been buy by check data details find for found go going here
    hosted i info information is it just listed located look looked looking looks made me meet
    meeting more not now of on online only or order ordered out page people photos pictures
    posted read register report reported see seen shop sold staff start them there they this up
    us was we website went were what work worked working works you
    """
)

# Last parts of names of sites that are links even without a scheme.
LINK_ENDINGS = words(
    """
    com net org edu gov info biz io co us ca mx uk es de fr ru ua cn eu top xyz online site shop
    club app dev link click live store tech website page ly tv cc ws ai gl gd bid win loan zip
    mov example test icu support monster cam pw sbs cfd buzz vip work space fun host press services
    solutions world life network money finance bank loans credit delivery express company cloud
    digital media news blog wiki agency global group email ink red blue pro cash tax
    """
)

# Words after a title that are no surname, as in "Miss High".
NO_SURNAMES = words(
    """
    and or the is was has had who said says mrs mr ms high trash school hall president mayor
    city garbage pickup recycling you this that it y o
    """
)

# Words that end the name of a street, a place or an office.
PLACES = words(
    """
    st street ave avenue av rd road blvd boulevard dr drive ln lane ct court pl place pkwy
    parkway hwy highway way park school high elementary middle reservoir valley lake
    church bridge hall square plaza library hospital creek river hill hills heights district
    neighborhood station stop yard
    center centre department bureau office company railroad power county city university college
    terrace ter field field's market market's house building alley trail
    """
)

# Capitalized words that begin or end no name of a person in a note.
NO_PERSONS = words(
    """
    the a an our your their this that we they he she it monday tuesday wednesday thursday friday
    saturday sunday january february march april may june july august september october november
    december pacific union oregon washington portland multnomah north south east west northeast
    northwest southeast southwest ne nw se sw saint mt mount fort public works water parks
    police fire transportation maintenance code state federal police metro city trimet pge odot
    pbot el la los las departamento ciudad policy section permit title
    """
)
