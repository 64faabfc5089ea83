"""Everyday words for needs, and the services of the national list that they lead to.

The list's own names are an administration's ("Housing - council - services and communal repairs"); people say
"boiler broken". A phrase counts when all its words are in what was typed, in any order and ending; the longest
phrase wins. So a short phrase is what its word most often means, and longer ones say where it means something else.
Written by hand: add a line where a real search went astray, and a case to `tests/directory/test_search.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

NEEDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    # Waste and streets
    (
        "bin, dustbin, refuse, rubbish, trash, missed collection, missed waste, bin collection, bin day",
        (524,),
    ),
    ("new bin, replacement bin, lost bin, stolen bin, broken bin, bigger bin, order bin", (526, 533)),
    ("litter bin, street bin, overflowing public bin", (581,)),
    ("commercial bin, business bin, trade waste, commercial waste", (517, 519)),
    ("recycling, recycling bin, recycling box, recycling bag", (533, 1130)),
    ("recycling centre, recycling site, tip, household tip, council tip, skip site", (531, 534)),
    ("garden waste, garden bin, green bin, brown bin, grass cuttings", (530,)),
    (
        "bulky, bulky waste, large item, sofa, mattress, fridge, freezer, furniture, old furniture, washing machine, "
        "collect sofa, collect mattress",
        (528,),
    ),
    ("assisted bin collection, help bin", (854, 524)),
    ("clinical waste, medical waste", (859,)),
    ("needles, syringes, sharps", (428, 859)),
    ("paint disposal, chemicals disposal, hazardous waste", (850,)),
    ("asbestos", (415, 850)),
    ("skip, skip permit, skip on road", (521,)),
    (
        "fly tip, fly tipping, flytipping, dumped, dumped rubbish, dumped sofa, dumped mattress, dumped fridge, "
        "dumped furniture, dumped bin, dumped waste, illegal dumping, rubbish street, rubbish left street",
        (587,),
    ),
    ("litter, street cleaning, dirty street, broken glass, leaves on pavement", (580, 582)),
    ("dog poo, dog mess, dog fouling, dog muck, poo, dog waste", (577,)),
    ("stray dog, lost dog, found dog, dog warden", (432, 575)),
    ("dangerous dog, dog attack", (1471, 432)),
    ("dead animal, dead fox, dead cat, dead dog, dead badger, roadkill", (576,)),
    ("graffiti, tagging, spray paint wall", (584,)),
    ("vandalism, smashed bus shelter", (586,)),
    ("posters, flyposting, fly posting", (588,)),
    ("abandoned car, abandoned vehicle, car dumped, car left, untaxed car, burnt out car", (372,)),
    ("toilet, public toilet", (579,)),
    # Roads
    ("pothole, hole in road, road surface, damaged road, broken road, road repair, uneven road", (557,)),
    ("pavement, broken pavement, paving slab, kerb damaged, tripped pavement", (537, 558)),
    (
        "street light, street lamp, lamppost, lamp post, light out street, street lighting, dark street",
        (564,),
    ),
    ("traffic light, traffic signal", (567,)),
    ("zebra crossing, pedestrian crossing, crossing", (568,)),
    ("gritting, grit bin, icy road, icy pavement, snow, ice on road", (561,)),
    ("flooded road, road flooding, blocked gully, water on road, gully", (555,)),
    ("flood, flooding, sandbags, flooded house", (793, 1612)),
    ("blocked drain, drain, sewer", (664,)),
    ("road blocked, obstruction in road, something blocking road", (550,)),
    ("oil on road, spillage road, spill", (591,)),
    ("road sign, bench, bollard", (559, 540)),
    ("street sign, street name", (541,)),
    ("speeding, speed limit, speed bump, 20 mph", (571,)),
    ("dropped kerb, drop kerb, driveway kerb, crossover", (477,)),
    ("scaffolding, hoarding", (382,)),
    ("footpath, public footpath, bridleway, right of way, stile", (613, 1120)),
    ("hedge, overgrown hedge, high hedge, neighbour hedge", (1122,)),
    ("tree, fallen tree, dangerous tree, overhanging tree, tree branches", (505,)),
    ("protected tree, tree preservation, tpo, cut down tree, permission tree", (508,)),
    ("grass cutting, long grass, verge, weeds", (589, 574)),
    # Parking and travel
    ("parking fine, parking ticket, pcn, penalty charge, parking appeal, penalty charge notice", (471,)),
    ("parking permit, residents parking, visitor parking, visitor permit", (474,)),
    ("car park, car parks", (478,)),
    ("illegal parking, parked on pavement, car blocking drive, blocked driveway", (471, 475)),
    ("blue badge, disabled badge, disabled parking permit, disabled parking badge", (279,)),
    ("disabled parking bay, disabled bay, disabled parking space", (274,)),
    ("bus pass, free bus, free bus travel, concessionary travel, bus card", (273, 280)),
    (
        "older person bus pass, pensioner bus pass, senior bus pass, old age bus pass, pensioner travel",
        (273,),
    ),
    ("disabled bus pass, disability bus pass, disabled person bus pass, disabled travel", (280,)),
    ("bus stop, bus shelter", (637,)),
    ("dial a ride, community transport, lift to hospital", (272,)),
    # Council tax, benefits, money
    (
        "council tax, council tax bill, council tax account, pay council tax, council tax direct debit",
        (58, 57),
    ),
    (
        "moved, moving, moved house, moving house, moving home, moved home, moving out, moving in, new address, "
        "change of address, changed address, new tenant, council tax moving, council tax moved",
        (58,),
    ),
    ("council tax reduction, council tax support, council tax benefit", (63, 64)),
    (
        "council tax discount, single person discount, live alone, student council tax, student discount",
        (59, 60),
    ),
    ("council tax exemption, exempt council tax, empty property council tax", (60, 59)),
    ("council tax band, wrong band", (61, 1763)),
    ("housing benefit, help with rent, rent help, pay rent", (69, 70)),
    (
        "discretionary housing payment, emergency money, crisis payment, crisis loan, no money, food bank",
        (1795,),
    ),
    ("debt, owe money, bailiff", (651, 1520)),
    ("business rates, small business rate relief, rate relief", (55, 56)),
    # Housing
    (
        "council house, council flat, council home, housing register, housing list, social housing, waiting list housing",
        (92,),
    ),
    ("homeless, homelessness, evicted, eviction, rough sleeper, nowhere to live, sofa surfing", (112,)),
    ("council house repair, boiler, leak, leaking, housing repair, damp council, mould council", (141,)),
    ("private landlord, landlord, private renting, damp, mould", (108, 1616)),
    ("house swap, swap house, exchange home, swap council house", (88,)),
    ("right to buy, buy council house", (151,)),
    ("garage, rent garage", (115,)),
    ("sheltered housing, retirement flat, supported housing", (107,)),
    ("hmo, hmo licence, shared house licence", (898, 716)),
    ("squatters, squatter", (101,)),
    ("empty house, derelict building, derelict house", (684,)),
    ("dangerous building, unsafe wall, building collapse", (600,)),
    # Noise, pests, safety
    (
        "noise, noisy, noisy neighbour, loud music, barking dog, party noise, noise nuisance, noise complaint",
        (412,),
    ),
    (
        "anti social, antisocial, antisocial behaviour, nuisance neighbour, neighbour trouble, asb",
        (1485, 1484, 870),
    ),
    (
        "rat, rats, mouse, mice, wasps, wasp nest, bed bugs, cockroaches, ants, vermin, pests, infestation, fleas",
        (431,),
    ),
    ("bonfire, smoke, smoky chimney, wood burner", (1575, 413)),
    ("food hygiene, food poisoning, dirty restaurant, food business", (710, 845)),
    # Schools and children
    ("school place, school admission, apply school, change school, starting school", (13, 14)),
    ("primary school, reception place, infant school", (13,)),
    ("secondary school, year 7", (14,)),
    ("school appeal, appeal school place", (705,)),
    ("nursery, nursery place, preschool, free childcare, 15 hours, 30 hours, childcare", (12, 1741)),
    ("free school meals, school lunch, school dinners", (4,)),
    ("school uniform, uniform grant, school clothes", (2,)),
    ("school bus, school transport, transport to school, travel to school", (3,)),
    ("school holidays, term dates, half term, school term", (36,)),
    ("holiday club, summer club", (18,)),
    ("after school club, breakfast club", (19,)),
    ("school closed, school closure, snow school", (1140,)),
    ("send, ehcp, ehc plan, special needs, special educational needs, autism school", (9,)),
    ("home school, home education, teach at home", (1,)),
    ("truancy, skipping school, missing school", (35,)),
    ("foster, fostering, foster carer", (159,)),
    ("adopt, adoption, adopt a child", (160,)),
    ("child abuse, worried child, child at risk, child safety, child neglect", (266,)),
    # Care
    (
        "social care, care assessment, care for mum, care for dad, care at home, carer for parent, home care",
        (209,),
    ),
    ("care home, nursing home", (292, 209)),
    ("carer, carers assessment, caring for someone, respite", (1755, 225)),
    ("adult abuse, elder abuse, worried adult, adult at risk", (731,)),
    ("meals on wheels, hot meals, meals elderly", (315,)),
    ("stairlift, grab rail, wet room, home adaptation, ramp, hoist", (178, 137)),
    ("disabled facilities grant", (137,)),
    ("day centre", (296,)),
    # Births, deaths, votes and planning
    ("birth, register birth, birth certificate, newborn, new baby, had a baby", (319,)),
    ("death, register death, death certificate, someone died, died", (321,)),
    (
        "wedding, married, marriage, marry, civil partnership, notice of marriage, marriage certificate",
        (876, 1716),
    ),
    ("wedding venue", (317,)),
    ("burial, bury, cemetery, crematorium, cremation, grave, funeral", (1538,)),
    ("bereavement", (328,)),
    ("citizenship, citizenship ceremony", (852,)),
    ("vote, voting, register to vote, electoral roll, electoral register, polling station", (364, 362)),
    ("postal vote, vote by post", (1013,)),
    ("proxy vote", (361,)),
    ("councillor, my councillor, ward councillor", (358,)),
    ("complain, complaint, complaint about council", (353,)),
    (
        "planning permission, planning application, extension, loft conversion, extend house, conservatory, planning",
        (485, 487),
    ),
    ("planning objection, object planning, comment planning, planning decision, neighbour planning", (516,)),
    ("building regulations, building control, building inspector", (499,)),
    ("conservation area, listed building", (512,)),
    ("land search, local search, land charges", (672,)),
    # Libraries, leisure, licences, work
    ("library, libraries, library opening", (437,)),
    ("library book, library books, renew library, renew book, library loan, extend book", (440,)),
    ("reserve library book, order library book", (441,)),
    ("join library, library card, library member", (438,)),
    ("library fine", (443,)),
    ("mobile library", (444,)),
    ("allotment", (510,)),
    ("park, parks, playground, playing field", (461,)),
    ("swimming, swimming pool, pool, swim lesson", (1674,)),
    ("gym, leisure centre, sports centre, sports hall", (451,)),
    ("museum, art gallery", (620,)),
    ("street party", (1580,)),
    ("alcohol licence, liquor licence, premises licence, pub licence, sell alcohol", (860, 910)),
    ("taxi licence, taxi driver licence, cab licence", (632, 635)),
    ("minicab, private hire licence", (633, 634)),
    ("street trading, market stall", (400,)),
    ("jobs, council jobs, job vacancies", (337,)),
    ("consultation", (867,)),
    ("evening class, adult education", (27,)),
    # Welsh
    ("biniau, sbwriel, casgliad, casglu, bin heb gasglu", (524,)),
    ("ailgylchu", (533, 1130)),
    ("gwastraff gardd", (530,)),
    ("treth gyngor, treth cyngor", (58, 57)),
    ("symud, symud ty, newid cyfeiriad, wedi symud", (58,)),
    ("tocyn bws, cerdyn bws, pas bws", (273, 280)),
    ("tyllau, twll ffordd, twll yn y ffordd", (557,)),
    ("golau stryd, goleuadau stryd", (564,)),
    ("tipio, tipio anghyfreithlon", (587,)),
    ("bathodyn glas", (279,)),
    ("llyfrgell", (437,)),
    ("llyfr llyfrgell, adnewyddu llyfr", (440,)),
)
"""(phrases between commas, the services they lead to, likeliest first)."""

SAME_AS: tuple[tuple[str, str], ...] = (
    ("car van lorry motorbike", "vehicle"),
    ("toddler baby kid", "child"),
    ("mum dad gran grandad elderly pensioner senior", "older"),
    ("poo poop", "fouling"),
    ("trash garbage", "refuse"),
    ("bins", "waste"),
    ("rats mice wasps", "pest"),
    ("shop restaurant cafe takeaway pub", "premises"),
    ("license permit", "licence"),
    ("footway sidewalk", "pavement"),
    ("cemetery graveyard churchyard", "cemeteries"),
    ("gym", "sports"),
    ("tablet laptop", "computers"),
)
"""Words that people use, and the list's own word for them."""

_LITTLE_WORDS = """
a about all am an and any are as at be been by can cant could did didnt do does doesnt dont find for from get give
getting got had has hasnt have havent help her him his how i if im in into is isnt it its ive just know like local
make me more much my near need not of old on open opening or our out please report rid so some someone something
tell that the their them there they this time times to too up us want wants was wasnt we were what when where which
who why will with would you your apply application online form contact service services information
ac ar ei eu fy gan heb o wedi y yn yr
"""
NOTHING_SAID = frozenset(_LITTLE_WORDS.split())
"""Words that say nothing about which service is meant, English and Welsh."""

STEMS: Mapping[str, str] = {
    "caring": "carer",
    "councils": "council",
    "married": "marry",
    "marriages": "marriage",
    "parked": "parking",
    "parking": "parking",
    "tipping": "tipping",
    "tipped": "tipping",
}
"""Words whose stem by rule would be another word's ('parking' is not about parks)."""


def words_for(lgsl: int) -> list[str]:
    """What people call a service: the phrases that lead to it before all others, in the order written here."""
    phrases = (phrase.strip() for said, codes in NEEDS if codes[0] == lgsl for phrase in said.split(","))
    return list(dict.fromkeys(phrases))
