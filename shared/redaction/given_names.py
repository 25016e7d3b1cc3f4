"""Given names that are common in the United States and among speakers of Spanish."""

from shared.redaction.word_lists import words

GIVEN_NAMES = words(
    """
    aaron adam adrian alan albert alejandra alejandro alex alexander alexandra alfredo alice
    alicia allison amanda amber amy ana andrea andrew andy angel angela anita ann anna anne
    annie anthony antonio april arthur ashley barbara beatriz ben benjamin bernard beth betty
    beverly bill billy bob bobby bonnie brad bradley brandon brenda brent brian brittany bruce
    bryan caleb cameron carl carla carlos carmen carol caroline carolyn catherine cecilia chad
    charles charlotte cheryl chris christian christina christine christopher cindy claire
    claudia connie corey craig crystal curtis cynthia dale dan daniel daniela danielle danny
    darlene darren dave david dawn dean debbie deborah debra denise dennis derek diana diane
    diego dolores don donald donna doris dorothy doug douglas dylan earl eddie edgar eduardo
    edward edwin eileen elaine eleanor elena elizabeth ellen emily emma enrique eric erica erin
    esther ethan eugene eva evelyn felipe fernando florence frances francisco frank fred gabriel
    gabriela gail gary george gerald geraldine gina giovanni glen glenn gloria gonzalo grace
    greg gregory guadalupe guillermo gustavo hannah harold harriet harry heather hector heidi
    helen henry herbert holly howard ian irene irma isaac isabel isabella ivan jack jackie jacob
    jacqueline jaime jake james jamie jane janet janice jared jasmine jason javier jay jean jeff
    jeffrey jen jennifer jeremy jerry jesse jessica jesus jill jim jimmy joan joann joanne
    joaquin joe joel john johnny jon jonathan jorge jose joseph josh joshua joyce juan juana
    juanita judith judy julia julian julie julio justin karen karina karl kate katherine
    kathleen kathryn kathy katie keith kelly ken kenneth kevin kim kimberly kristen kristin kyle
    larry laura lauren laurie lawrence leah lee leo leonard leslie leticia linda lisa liz logan
    lori lorraine louis louise lucas lucia lucy luis luisa luz lynn manuel marcia marco marcos
    marcus margaret margarita maria mariana marie marilyn mario marion marjorie mark martha
    martin marvin mary mateo matt matthew maureen megan melanie melissa melvin mercedes michael
    michele michelle miguel mike mildred mohamed monica nancy natalie natasha nathan nicholas
    nick nicole noah norma norman olga oliver olivia omar oscar pablo pam pamela patricia
    patrick patty paul paula pedro peggy peter phil philip phillip phyllis rachel rafael ralph
    ramon randy raquel raul ray raymond rebecca regina renee ricardo richard rick ricky rita rob
    robert roberta roberto rodney rodrigo roger ron ronald rosa rosario rose roy ruben russell
    ruth ryan sally salvador sam samantha samuel sandra santiago sara sarah scott sean sergio
    shannon sharon shawn sheila sherry shirley silvia sofia sonia sophia stacy stanley stella
    stephanie stephen steve steven stuart sue susan sylvia tamara tammy tanya tara ted teresa
    terry thelma theodore theresa thomas tiffany tim timothy tina todd tom tommy tony tracy
    travis tyler valerie vanessa vera veronica vicente vicki victor victoria vincent viola
    virginia vivian walter wanda wayne wendy wesley william willie xavier yolanda yvonne zachary
    """
)
