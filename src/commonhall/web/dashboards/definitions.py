"""What each figure and chart counts, and whose definition it is, in every language."""

from __future__ import annotations

from collections.abc import Mapping

from commonhall.web.dashboards.comparison_texts import COMPARISONS

_MANUAL = "GOV.UK Service Manual"
_FIGURES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "en": {
        "sent": (
            "Sent",
            "Cases that were sent, on the day they were sent, by every channel.",
            "this platform’s own",
        ),
        "starts": (
            "Started",
            "Journeys that were started, on the day they were started. Coming back to one is not a new start.",
            f"{_MANUAL}, measuring completion rate",
        ),
        "take_up": (
            "Digital take-up",
            "Cases that people sent themselves, online or from another website, of all that were sent.",
            f"{_MANUAL}, measuring digital take-up",
        ),
        "completion": (
            "Completion rate",
            (
                "Journeys that came to the end, of all that were started in these dates and are over. Somebody who is told that"
                " they cannot use the service has come to the end."
            ),
            f"{_MANUAL}, measuring completion rate",
        ),
        "satisfaction": (
            "Satisfaction",
            "The mean of the scores from 1 to 5 that people gave after sending: 0% if all gave 1, 100% if all gave 5.",
            f"{_MANUAL}, measuring user satisfaction",
        ),
        "cost": (
            "Cost per transaction",
            (
                "What the contact costs on the channel that a case came by, as a mean over all that were sent; not the work that"
                " follows. It tells what a shift between channels saves."
            ),
            "contacts at their cost by channel",
        ),
        "cost_total": (
            "Total cost per transaction",
            "All that the service costs in a year, by the transactions completed in the twelve months before today.",
            f"{_MANUAL}, measuring cost per transaction",
        ),
        "seconds": (
            "Time to complete",
            "From the start of a journey to sending it, for those that were sent: half took no longer (within 5%).",
            "this platform’s own",
        ),
        "wait": (
            "Time to resolution",
            "From sending a case to its closing, by the clock: half took no longer (within 5%).",
            "this platform’s own",
        ),
        "seconds_mean": (
            "Time to complete",
            "From the start of a journey to sending it, as a mean over those that were sent.",
            "this platform’s own",
        ),
        "wait_mean": (
            "Time to resolution",
            "From sending a case to its closing, by the clock, as a mean over those that were closed.",
            "this platform’s own",
        ),
        "in_time": (
            "Resolved in time",
            "Cases closed on or before the day that the council aims for, of those closed that had one.",
            "the council’s own target for the service",
        ),
        "closed": (
            "Closed in time and late",
            "Cases closed on or before the day that the council aims for, and after it, of those that had one.",
            "the council’s own target for the service",
        ),
        "first_fix": (
            "Fixed first time",
            "Cases closed as fixed and neither opened again nor reported again within 28 days, of those closed as fixed.",
            "this platform’s own",
        ),
        "failure": (
            "Failure demand",
            (
                "Cases about something that was reported already, of all that were sent: while the earlier one was open, or within"
                " 28 days of its closing."
            ),
            "avoidable contact (former National Indicator 14)",
        ),
        "rate_households": (
            "Cases a year per 100,000 households",
            "Cases that were sent by every channel in a whole year, for each 100,000 households of the council.",
            "this platform’s own",
        ),
        "rate_collections": (
            "Cases a year per 100,000 collections",
            "Cases that were sent by every channel in a whole year, for each 100,000 collections of household bins in a year.",
            "missed collections (former Best Value Performance Indicator 88)",
        ),
        "pages": (
            "Where people stopped",
            "How many journeys that are over came to each page, and how many of them did not go on from it.",
            f"{_MANUAL}, measuring completion rate",
        ),
        "wards": (
            "By ward",
            "Cases by the ward of the place that they are about: where it is on the map, else where ONS puts its postcode; where that is known.",
            "this platform’s own",
        ),
        "areas": (
            "By area",
            "Cases by the postcode sector of the place that they are about (like B91 3: some 3,000 addresses), where it is known.",
            "this platform’s own",
        ),
        "streets": (
            "By street",
            "Cases by the street of the place that they are about, where it is known; the thirty with the most.",
            "this platform’s own",
        ),
        "channels": (
            "Sent by channel",
            "Cases that were sent, by the channel that they came by.",
            "this platform’s own",
        ),
        "uptime": (
            "Availability",
            "Minutes in which the service’s first page was there, of those in which somebody looked.",
            "this platform’s own",
        ),
        "response": (
            "Response time",
            "How long the platform took to answer requests for the service: 95 of 100 no longer (within 10%).",
            "this platform’s own",
        ),
    },
    "cy": {
        "sent": (
            "Anfonwyd",
            "Achosion a anfonwyd, ar y diwrnod y’u hanfonwyd, drwy bob sianel.",
            "diffiniad y platfform hwn",
        ),
        "starts": (
            "Dechreuwyd",
            "Teithiau a ddechreuwyd, ar y diwrnod y’u dechreuwyd. Nid dechrau newydd yw dod yn ôl at un.",
            f"{_MANUAL}, mesur cyfradd gwblhau",
        ),
        "take_up": (
            "Defnydd digidol",
            "Achosion a anfonodd pobl eu hunain, ar-lein neu o wefan arall, o’r holl achosion a anfonwyd.",
            f"{_MANUAL}, mesur defnydd digidol",
        ),
        "completion": (
            "Cyfradd gwblhau",
            (
                "Teithiau a ddaeth i’r diwedd, o’r holl rai a ddechreuwyd yn y dyddiadau hyn ac sydd ar ben. Mae rhywun sy’n cael"
                " gwybod na all ddefnyddio’r gwasanaeth wedi dod i’r diwedd."
            ),
            f"{_MANUAL}, mesur cyfradd gwblhau",
        ),
        "satisfaction": (
            "Bodlonrwydd",
            "Cymedr y sgoriau o 1 i 5 a roddodd pobl ar ôl anfon: 0% os rhoddodd pawb 1, 100% os rhoddodd pawb 5.",
            f"{_MANUAL}, mesur bodlonrwydd defnyddwyr",
        ),
        "cost": (
            "Cost fesul trafodyn",
            (
                "Beth mae’r cyswllt yn ei gostio ar y sianel y daeth achos drwyddi, fel cymedr dros bob un a anfonwyd; nid y gwaith"
                " sy’n dilyn. Mae’n dangos beth mae symud rhwng sianeli yn ei arbed."
            ),
            "cysylltiadau yn ôl eu cost fesul sianel",
        ),
        "cost_total": (
            "Cyfanswm cost fesul trafodyn",
            "Popeth y mae’r gwasanaeth yn ei gostio mewn blwyddyn, fesul trafodyn a gwblhawyd yn y deuddeg mis cyn heddiw.",
            f"{_MANUAL}, mesur cost fesul trafodyn",
        ),
        "seconds": (
            "Amser i gwblhau",
            "O ddechrau taith hyd at ei hanfon, ar gyfer y rhai a anfonwyd: ni chymerodd hanner fwy (o fewn 5%).",
            "diffiniad y platfform hwn",
        ),
        "wait": (
            "Amser i ddatrys",
            "O anfon achos hyd at ei gau, yn ôl y cloc: ni chymerodd hanner fwy (o fewn 5%).",
            "diffiniad y platfform hwn",
        ),
        "seconds_mean": (
            "Amser i gwblhau",
            "O ddechrau taith hyd at ei hanfon, fel cymedr dros y rhai a anfonwyd.",
            "diffiniad y platfform hwn",
        ),
        "wait_mean": (
            "Amser i ddatrys",
            "O anfon achos hyd at ei gau, yn ôl y cloc, fel cymedr dros y rhai a gaewyd.",
            "diffiniad y platfform hwn",
        ),
        "in_time": (
            "Datryswyd mewn pryd",
            "Achosion a gaewyd ar neu cyn y diwrnod y mae’r cyngor yn anelu ato, o’r rhai a gaewyd a oedd ag un.",
            "targed y cyngor ei hun ar gyfer y gwasanaeth",
        ),
        "closed": (
            "Caewyd mewn pryd ac yn hwyr",
            "Achosion a gaewyd ar neu cyn y diwrnod y mae’r cyngor yn anelu ato, ac ar ei ôl, o’r rhai a oedd ag un.",
            "targed y cyngor ei hun ar gyfer y gwasanaeth",
        ),
        "first_fix": (
            "Trwsiwyd y tro cyntaf",
            "Achosion a gaewyd wedi’u trwsio heb eu hailagor na’u hadrodd eto o fewn 28 diwrnod, o’r rhai a gaewyd wedi’u trwsio.",
            "diffiniad y platfform hwn",
        ),
        "failure": (
            "Galw oherwydd methiant",
            (
                "Achosion am rywbeth a adroddwyd eisoes, o’r holl rai a anfonwyd: tra oedd yr un cynharach ar agor, neu o fewn 28"
                " diwrnod i’w gau."
            ),
            "cyswllt y gellir ei osgoi (hen Ddangosydd Cenedlaethol 14)",
        ),
        "rate_households": (
            "Achosion y flwyddyn fesul 100,000 o gartrefi",
            "Achosion a anfonwyd drwy bob sianel mewn blwyddyn gyfan, am bob 100,000 o gartrefi’r cyngor.",
            "diffiniad y platfform hwn",
        ),
        "rate_collections": (
            "Achosion y flwyddyn fesul 100,000 o gasgliadau",
            "Achosion a anfonwyd drwy bob sianel mewn blwyddyn gyfan, am bob 100,000 o gasgliadau biniau cartrefi mewn blwyddyn.",
            "casgliadau a fethwyd (hen Ddangosydd Perfformiad Gwerth Gorau 88)",
        ),
        "pages": (
            "Ble stopiodd pobl",
            "Faint o deithiau sydd ar ben a ddaeth i bob tudalen, a faint ohonynt nad aeth ymlaen ohoni.",
            f"{_MANUAL}, mesur cyfradd gwblhau",
        ),
        "wards": (
            "Yn ôl ward",
            "Achosion yn ôl ward y lle y maent yn ei gylch: lle mae ar y map, neu fel arall lle mae’r SYG yn gosod ei god post; lle mae’n hysbys.",
            "diffiniad y platfform hwn",
        ),
        "areas": (
            "Yn ôl ardal",
            "Achosion yn ôl sector cod post y lle y maent yn ei gylch (fel B91 3: tua 3,000 o gyfeiriadau), lle mae’n hysbys.",
            "diffiniad y platfform hwn",
        ),
        "streets": (
            "Yn ôl stryd",
            "Achosion yn ôl stryd y lle y maent yn ei gylch, lle mae’n hysbys; y deg ar hugain â’r mwyaf.",
            "diffiniad y platfform hwn",
        ),
        "channels": (
            "Anfonwyd yn ôl sianel",
            "Achosion a anfonwyd, yn ôl y sianel y daethant drwyddi.",
            "diffiniad y platfform hwn",
        ),
        "uptime": (
            "Argaeledd",
            "Munudau yr oedd tudalen gyntaf y gwasanaeth ar gael, o’r rhai yr edrychodd rhywun ynddynt.",
            "diffiniad y platfform hwn",
        ),
        "response": (
            "Amser ymateb",
            "Faint gymerodd y platfform i ateb ceisiadau am y gwasanaeth: ni chymerodd 95 o bob 100 fwy (o fewn 10%).",
            "diffiniad y platfform hwn",
        ),
    },
}
DEFINITIONS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    language: {**_FIGURES[language], **COMPARISONS[language]} for language in _FIGURES
}
"""Each figure and chart: its name, what is counted, and whose definition it is."""
