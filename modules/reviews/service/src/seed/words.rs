//! The words of seeded reviews: general enough for a mug and for a mirror.

/// Sentences of people who gave so many stars: a verdict, perhaps a reason, perhaps an end.
pub(super) struct Sentences {
    pub(super) verdicts: &'static [&'static str],
    pub(super) reasons: &'static [&'static str],
    pub(super) ends: &'static [&'static str],
}

/// What people say who gave so many stars.
pub(super) fn about(stars: u8) -> &'static Sentences {
    match stars {
        5 => &DELIGHTED,
        4 => &PLEASED,
        3 => &UNDECIDED,
        _ => &DISAPPOINTED,
    }
}

pub(super) const FIRST_NAMES: [&str; 40] = [
    "Ada", "Amara", "Anton", "Bilal", "Carla", "Chiara", "Daniel", "Dilek", "Edith", "Emre", "Fatima", "Felix",
    "Grace", "Hana", "Henrik", "Ines", "Ivan", "Jonas", "Jun", "Kaya", "Lena", "Lucia", "Malik", "Marta", "Mehmet",
    "Mira", "Nadia", "Noah", "Olga", "Oscar", "Paula", "Priya", "Rosa", "Samir", "Sofia", "Tariq", "Tomas", "Vera",
    "Yuki", "Zoe",
];

pub(super) const INITIALS: [&str; 20] =
    ["A", "B", "C", "D", "E", "F", "G", "H", "J", "K", "L", "M", "N", "O", "P", "R", "S", "T", "W", "Z"];

const DELIGHTED: Sentences = Sentences {
    verdicts: &[
        "Exactly what I was looking for.",
        "Bought one, came back for a second.",
        "Even nicer than in the picture.",
        "I use it every single day.",
        "A present for my sister, and I nearly kept it.",
        "Better than the one it replaced, which cost twice as much.",
        "I did not expect to have feelings about this, but here we are.",
        "Perfect.",
    ],
    reasons: &[
        "You can tell that somebody cared about the details.",
        "It feels solid and not at all heavy.",
        "The colour is just right.",
        "It has survived two children and a move.",
        "The finish is flawless.",
        "It does one thing and does it well.",
        "Friends keep asking where I got it.",
    ],
    ends: &[
        "Would buy again.",
        "Arrived in two days and well packed.",
        "Five stars, and I do not give many.",
        "Thank you!",
        "Worth every cent.",
        "Already looking at the other colours.",
    ],
};

const PLEASED: Sentences = Sentences {
    verdicts: &[
        "Very good, with one small wish.",
        "Good quality for the price.",
        "Does what it should.",
        "Happy with it so far.",
        "Nicely made.",
        "Took me a week to like it, and now I do.",
    ],
    reasons: &[
        "A little smaller than I had imagined, but the measures were there to be read.",
        "The colour is slightly darker than on my screen.",
        "It took a few days for the smell of new to go.",
        "I would have liked a longer warranty.",
        "The packaging could be simpler.",
        "One tiny flaw on the back that nobody sees.",
    ],
    ends: &[
        "Would recommend it.",
        "I would buy it again.",
        "Delivery was quick.",
        "One star off because nothing is perfect.",
        "Good service when I had a question.",
    ],
};

const UNDECIDED: Sentences = Sentences {
    verdicts: &[
        "It is all right.",
        "Neither bad nor special.",
        "Fine for the price, I suppose.",
        "I had hoped for a bit more.",
        "Looks better than it feels.",
    ],
    reasons: &[
        "The material is good, the workmanship less so.",
        "It is not quite the colour I ordered it for.",
        "It works, but the one I had before worked better.",
        "I use it less than I thought I would.",
        "Smaller than it looks.",
    ],
    ends: &["I am keeping it.", "Perhaps I am too picky.", "Delivery took a week.", "For a guest room it will do."],
};

const DISAPPOINTED: Sentences = Sentences {
    verdicts: &[
        "Not for me.",
        "It arrived with a scratch.",
        "I sent it back.",
        "The picture promised more.",
        "It did not last the month.",
    ],
    reasons: &[
        "The size is off.",
        "It feels cheaper than it is.",
        "The colour came out quite different.",
        "I could not get used to it.",
    ],
    ends: &[
        "At least the refund was quick.",
        "The replacement was better, hence the stars.",
        "A pity, for the idea is good.",
        "Support was friendly, I will say that.",
    ],
};
