"""Browser: it sends what a browser without JavaScript sends."""

from workbench.demo.run.browser import read_page

STEP = """
<main><div role="alert"><h2>Please fix this</h2><li>The place is missing.</li></div>
<form method="post" action="/report?lang=es" enctype="multipart/form-data">
<button name="to" value="next">Enter</button>
<input type="hidden" name="form" value="signed"><input type="hidden" name="address" value="kept">
<textarea name="description">\nWords &amp; more</textarea>
<input name="name" value="Ana"><input type="file" name="photo">
<select name="service_code"><option value="A">a<option value="B" selected>b</select>
<input type="checkbox" name="status_updates" value="email" checked>
<input type="checkbox" name="status_updates" value="sms">
<input type="radio" name="lane" value="left"><input type="radio" name="lane" value="right" checked>
<button name="follow" value="case">Follow</button>
<button name="to" value="next" class="main">Go on</button>
<button name="to" value="back">Back</button>
<button type="button" name="zoom" value="1">+</button><button name="follow" value="x">F</button>
</form></main>
"""


def test_what_stands_there_is_sent_and_the_main_button_pressed() -> None:
    form = read_page(STEP).fill({})
    assert form is not None
    assert (form.action, form.is_multipart) == ("/report?lang=es", True)
    assert form.fields == (
        ("form", "signed"),
        ("address", "kept"),
        ("description", "Words & more"),
        ("name", "Ana"),
        ("service_code", "B"),
        ("status_updates", "email"),
        ("lane", "right"),
        ("to", "next"),
    )


def test_what_is_filled_in_replaces_it_but_not_what_a_step_carries() -> None:
    wanted = {"address": "new", "name": "Eva", "service_code": "A", "status_updates": "sms"}
    form = read_page(STEP).fill(wanted | {"unknown": "x", "lane": "left", "description": "Mine"})
    assert form is not None
    assert dict(form.fields) == {
        **wanted,
        "form": "signed",
        "address": "kept",
        "description": "Mine",
        "lane": "left",
        "to": "next",
    }


def test_a_page_says_its_number_or_what_is_wrong() -> None:
    done = read_page('<main><output data-tracking-number="26-7KQ4-ABCDE2">26…</output></main>')
    assert (done.number, done.faults, done.fill({})) == ("26-7KQ4-ABCDE2", "", None)
    wrong = read_page(STEP)
    assert (wrong.number, wrong.faults) == (None, "Please fix this The place is missing.")
