"""What each comparison of councils shows, and by whose interval, in every language."""

from __future__ import annotations

from collections.abc import Mapping

COMPARISONS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "en": {
        "like_take_up": (
            "Digital take-up beside councils like this one",
            "The digital take-up of the same service, in the same dates, at councils of the same kind and near in size.",
            "Wilson’s interval for a share, 95%",
        ),
        "like_completion": (
            "Completion rate beside councils like this one",
            "The completion rate of the same service, in the same dates, at councils of the same kind and near in size.",
            "Wilson’s interval for a share, 95%",
        ),
        "like_satisfaction": (
            "Satisfaction beside councils like this one",
            "The satisfaction with the same service, in the same dates, at councils of the same kind and near in size.",
            "Student’s interval for a mean, 95%",
        ),
        "like_rate_households": (
            "Cases a year per 100,000 households beside councils like this one",
            "Cases of the same service in a whole year, by households, at councils of the same kind and near in size.",
            "Byar’s interval for a count, 95%",
        ),
        "like_rate_collections": (
            "Cases a year per 100,000 collections beside councils like this one",
            "Cases of the same service in a whole year, by collections, at councils of the same kind and near in size.",
            "Byar’s interval for a count, 95%",
        ),
        "like_in_time": (
            "Resolved in time beside councils like this one",
            "Cases closed in time in the same dates, at councils of the same kind and near in size. Targets are their own.",
            "Wilson’s interval for a share, 95%",
        ),
        "across_take_up": (
            "Digital take-up, council by council",
            "The share at each council with 30 or more. Places and people differ between councils.",
            "Wilson’s interval for a share, 95%",
        ),
        "across_completion": (
            "Completion rate, council by council",
            "The share at each council with 30 or more. Places and people differ between councils.",
            "Wilson’s interval for a share, 95%",
        ),
        "across_satisfaction": (
            "Satisfaction, council by council",
            "The satisfaction at each council with 30 or more scores. Places and people differ between councils.",
            "Student’s interval for a mean, 95%",
        ),
        "across_rate_households": (
            "Cases a year per 100,000 households, council by council",
            (
                "The rate of each council with 30 or more cases in a whole year. More is not worse: it may be easier to report, or"
                " there may be more to report."
            ),
            "Byar’s interval for a count, 95%",
        ),
        "across_rate_collections": (
            "Cases a year per 100,000 collections, council by council",
            (
                "The rate of each council with 30 or more cases in a whole year. More is not worse: it may be easier to report, or"
                " there may be more to report."
            ),
            "Byar’s interval for a count, 95%",
        ),
        "across_in_time": (
            "Resolved in time, council by council",
            "The share at each council with 30 or more. Places and people differ between councils.",
            "Wilson’s interval for a share, 95%",
        ),
    },
    "cy": {
        "like_take_up": (
            "Defnydd digidol ochr yn ochr â chynghorau tebyg",
            "Defnydd digidol yr un gwasanaeth, yn yr un dyddiadau, mewn cynghorau o’r un math ac o faint tebyg.",
            "cyfwng Wilson ar gyfer cyfran, 95%",
        ),
        "like_completion": (
            "Cyfradd gwblhau ochr yn ochr â chynghorau tebyg",
            "Cyfradd gwblhau’r un gwasanaeth, yn yr un dyddiadau, mewn cynghorau o’r un math ac o faint tebyg.",
            "cyfwng Wilson ar gyfer cyfran, 95%",
        ),
        "like_satisfaction": (
            "Bodlonrwydd ochr yn ochr â chynghorau tebyg",
            "Bodlonrwydd â’r un gwasanaeth, yn yr un dyddiadau, mewn cynghorau o’r un math ac o faint tebyg.",
            "cyfwng Student ar gyfer cymedr, 95%",
        ),
        "like_rate_households": (
            "Achosion y flwyddyn fesul 100,000 o gartrefi ochr yn ochr â chynghorau tebyg",
            "Achosion yr un gwasanaeth mewn blwyddyn gyfan, yn ôl cartrefi, mewn cynghorau o’r un math ac o faint tebyg.",
            "cyfwng Byar ar gyfer cyfrif, 95%",
        ),
        "like_rate_collections": (
            "Achosion y flwyddyn fesul 100,000 o gasgliadau ochr yn ochr â chynghorau tebyg",
            "Achosion yr un gwasanaeth mewn blwyddyn gyfan, yn ôl casgliadau, mewn cynghorau o’r un math ac o faint tebyg.",
            "cyfwng Byar ar gyfer cyfrif, 95%",
        ),
        "like_in_time": (
            "Datryswyd mewn pryd ochr yn ochr â chynghorau tebyg",
            "Achosion a gaewyd mewn pryd yn yr un dyddiadau, mewn cynghorau tebyg. Eu targedau eu hunain yw’r targedau.",
            "cyfwng Wilson ar gyfer cyfran, 95%",
        ),
        "across_take_up": (
            "Defnydd digidol, fesul cyngor",
            "Y gyfran ym mhob cyngor sydd â 30 neu fwy. Mae lleoedd a phobl yn wahanol rhwng cynghorau.",
            "cyfwng Wilson ar gyfer cyfran, 95%",
        ),
        "across_completion": (
            "Cyfradd gwblhau, fesul cyngor",
            "Y gyfran ym mhob cyngor sydd â 30 neu fwy. Mae lleoedd a phobl yn wahanol rhwng cynghorau.",
            "cyfwng Wilson ar gyfer cyfran, 95%",
        ),
        "across_satisfaction": (
            "Bodlonrwydd, fesul cyngor",
            "Y bodlonrwydd ym mhob cyngor sydd â 30 neu fwy o sgoriau. Mae lleoedd a phobl yn wahanol rhwng cynghorau.",
            "cyfwng Student ar gyfer cymedr, 95%",
        ),
        "across_rate_households": (
            "Achosion y flwyddyn fesul 100,000 o gartrefi, fesul cyngor",
            (
                "Cyfradd pob cyngor sydd â 30 neu fwy o achosion mewn blwyddyn gyfan. Nid yw mwy yn waeth: gall fod yn haws adrodd,"
                " neu gall fod mwy i’w adrodd."
            ),
            "cyfwng Byar ar gyfer cyfrif, 95%",
        ),
        "across_rate_collections": (
            "Achosion y flwyddyn fesul 100,000 o gasgliadau, fesul cyngor",
            (
                "Cyfradd pob cyngor sydd â 30 neu fwy o achosion mewn blwyddyn gyfan. Nid yw mwy yn waeth: gall fod yn haws adrodd,"
                " neu gall fod mwy i’w adrodd."
            ),
            "cyfwng Byar ar gyfer cyfrif, 95%",
        ),
        "across_in_time": (
            "Datryswyd mewn pryd, fesul cyngor",
            "Y gyfran ym mhob cyngor sydd â 30 neu fwy. Mae lleoedd a phobl yn wahanol rhwng cynghorau.",
            "cyfwng Wilson ar gyfer cyfran, 95%",
        ),
    },
}
"""As `definitions.DEFINITIONS`: of a council beside those like it, and of all councils."""
