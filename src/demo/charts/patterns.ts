// How questions say what they ask, in English and in small letters.
export const COUNT =
	/\b(?:how many|number of|count(?: of)?|how often|most often|least often|most frequent\w*|most common\w*|most popular)\b/;
export const AVERAGE = /\b(?:average|mean|avg|on average|typical(?:ly)?|usual(?:ly)?|normally)\b/;
export const SUM = /\b(?:total|sum|altogether|in all|combined|spent|spend|spends|earned|earn|earns)\b/;
export const MEDIAN = /\bmedian\b/;
export const DIFFERENT = /\b(?:different|distinct|unique)\b/;
export const SHARE = /\b(?:share|shares|percent|percentage|percentages|proportion|proportions|fraction)\b|%/;
export const DISTRIBUTION = /\b(?:distribut\w*|histogram|spread|bands?|bins?|buckets?|steps? of)\b/;
export const STEP =
	/\b(\d+(?:\.\d+)?)[- ]?[a-z€$]*[- ](?:bands?|bins?|buckets?|steps?|intervals?)\b|\b(?:bands?|bins?|buckets?|steps?|intervals?) of (\d+(?:\.\d+)?)/;
export const MOST =
	/\b(?:(?<!\bat )most|highest|largest|biggest|greatest|top|best|longest|farthest|maximum|max|newest|latest|heaviest|dearest|hottest|warmest|busiest)\b/;
export const LEAST =
	/\b(?:(?<!\bat )least|lowest|smallest|fewest|worst|bottom|shortest|cheapest|minimum|min|oldest|earliest|lightest|coldest|quietest)\b/;
/** Units of time, once `day of the week` and `hour of the day` are one word. */
export const TIME =
	/\b(?:per|each|every|by|a(?! quarter)|(?:over|across) the(?= \w+s\b)|for each|which|what) (hour|weekday|day|month|quarter|year)s?\b|\b(dai|hour|month|quarter|year)ly\b|\b(day|month|quarter|year) (?:by|after|to|on) \3\b|\b(annual)(?:ly)?\b|^(?:(?:show|list|give|me|all|the) )*(hour|weekday|day|month|quarter|year)s (?:with|that|when|where)\b/;
/** A time that is ranked itself. */
export const WHICH_TIME = /\b(?:which|what) (?:\w+ )?(?:hour|weekday|day|month|quarter|year)s?\b/;
export const TREND =
	/\b(?:trend\w*|over time|over the year|across the year|develop\w*|evol\w*|chang(?:ed|es?)|grow\w*|grew|history)\b/;
export const GROUPING = new Set('per by each every across among between against'.split(' '));
export const SKIPPED = new Set('the a an all different single individual of its their kind type'.split(' '));
export const NUMBERS = [
	'one',
	'two',
	'three',
	'four',
	'five',
	'six',
	'seven',
	'eight',
	'nine',
	'ten',
	'eleven',
	'twelve'
];
export const NAMES = /(?:^|[_ ])(?:name|title|label)$/i;
/** Of what single rows are the most, rather than all of a group together. */
export const OF_ONE =
	/^(?:longest|shortest|farthest|heaviest|lightest|cheapest|dearest|expensive|hottest|coldest|warmest|oldest|youngest)$/;

/** Words that deny what is named after them. */
export const NEGATIONS = /^(?:not|never|no|non|without|except|excluding|neither|nor)$/;
