"""The people and addresses of sixteen countries, from which a redrawn world is made.

Each first name has one gender in all countries. No name is part of another one, or has fewer than four letters, so that
a text that mentions one of them mentions nobody else. The phone numbers belong to nobody: a `#` is a digit to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Culture:
    """The people and addresses of a country.

    Attributes:
        country: The name of the country.
        prefix: The country's phone prefix.
        phone: A phone number of the country.
        domain: The domain of mail addresses.
        address: The form of an address.
        women: First names of women.
        men: First names of men.
        last_names: Last names, the same for women and men.
        streets: Names of streets.
        cities: Names of cities, with a postcode before a colon.
    """

    country: str
    prefix: str
    phone: str
    domain: str
    address: str
    women: tuple[str, ...]
    men: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


def _culture(country: str, phone: str, domain: str, address: str, *tables: str) -> Culture:
    women, men, last_names, streets, cities = map(_words, tables)
    return Culture(country, phone.partition(" ")[0], phone, domain, address, women, men, last_names, streets, cities)


CULTURES = (
    _culture(
        "Italy",
        "+39 333 555 0###",
        "posta.example",
        "{street} {number}, {postcode} {city}",
        "Elena Giulia Chiara Francesca Martina Federica Silvia Paola Valentina Beatrice Ludovica Serena",
        "Marco Leonardo Matteo Davide Alessandro Stefano Riccardo Giovanni Filippo Tommaso Edoardo Salvatore",
        "Rossi Russo Ferrari Esposito Bianchi Colombo Ricci Moretti Barbieri Lombardi Rinaldi Caruso Fontana Marchetti",
        "Via_Garibaldi Via_Mazzini Via_Manzoni Via_Dante Via_Verdi Via_Cavour",
        "20121:Milan 10123:Turin 40121:Bologna 50122:Florence 37121:Verona",
    ),
    _culture(
        "Germany",
        "+49 151 555 0###",
        "briefkasten.example",
        "{street} {number}, {postcode} {city}",
        "Hanna Sabine Katrin Ulrike Annika Friederike Claudia Birgit Dorothea Heike Wiebke Greta",
        "Jonas Lukas Sebastian Florian Matthias Torsten Holger Andreas Niklas Bernd Ralf Steffen",
        "Brandt Vogel Weber Fischer Schneider Hoffmann Krause Lehmann Zimmermann Hartmann Schubert Lorenz Kaiser",
        "Lindenstrasse Gartenweg Schillerstrasse Bahnhofstrasse Goethestrasse Kastanienallee",
        "20099:Hamburg 50667:Cologne 04109:Leipzig 79098:Freiburg 28195:Bremen",
    ),
    _culture(
        "France",
        "+33 6 39 98 1# ##",
        "courrier.example",
        "{number} {street}, {postcode} {city}",
        "Camille Manon Juliette Clotilde Oceane Mathilde Delphine Solange Margaux Apolline Sandrine Veronique",
        "Thibault Guillaume Antoine Baptiste Olivier Laurent Mathieu Quentin Benoit Gautier Sylvain Arnaud",
        "Lefebvre Moreau Girard Rousseau Fournier Lambert Bonnet Garnier Chevalier Perrin Mercier Dufour Blanchard",
        "Rue_Voltaire Rue_Pasteur Rue_Gambetta Avenue_Jaures Rue_Moliere Rue_Lamartine",
        "69002:Lyon 31000:Toulouse 44000:Nantes 59000:Lille 33000:Bordeaux",
    ),
    _culture(
        "Spain",
        "+34 655 550 ###",
        "buzon.example",
        "{street} {number}, {postcode} {city}",
        "Carmen Lucía Pilar Rocío Consuelo Nuria Esperanza Dolores Ximena Amparo Mercedes Begoña",
        "Javier Álvaro Gonzalo Sergio Ignacio Fernando Joaquín Hernán Rodrigo Esteban Eduardo Vicente",
        "García Fernández Castillo Romero Navarro Delgado Ortega Serrano Vázquez Iglesias Herrero Gallego Cabrera Peña",
        "Calle_Cervantes Calle_Goya Calle_Velázquez Calle_Colón Calle_Mayor Calle_Quevedo",
        "46001:Valencia 41001:Seville 50001:Zaragoza 48001:Bilbao 18001:Granada",
    ),
    _culture(
        "Portugal",
        "+351 915 550 ###",
        "caixa.example",
        "{street} {number}, {postcode} {city}",
        "Inês Catarina Mafalda Leonor Teresa Filipa Joana Madalena Carolina Benedita Graça Fátima",
        "Tiago Duarte Rafael Gustavo Henrique Vasco Nuno Bernardo Afonso Miguel Fausto Paulo",
        "Almeida Carvalho Gonçalves Ferreira Teixeira Moreira Nogueira Figueiredo Tavares Pacheco Queiroz Azevedo",
        "Rua_Augusta Rua_Garrett Rua_do_Carmo Rua_da_Boavista Rua_das_Flores Avenida_Camoes",
        "1100:Lisbon 4000:Porto 3000:Coimbra 4700:Braga 8000:Faro",
    ),
    _culture(
        "Poland",
        "+48 512 555 ###",
        "skrzynka.example",
        "{street} {number}, {postcode} {city}",
        "Agnieszka Zofia Katarzyna Magda Justyna Dorota Ewelina Beata Jadwiga Halina Urszula Grazyna",
        "Tomasz Piotr Krzysztof Wojciech Grzegorz Andrzej Jakub Marcin Szymon Zbigniew Bartosz Dariusz",
        "Nowak Mazur Wójcik Kaczmarek Pietrzak Wieczorek Stepien Szewczyk Walczak Sikora Michalak Krol Baran Zawada",
        "Mickiewicza Kopernika Chopina Moniuszki Reymonta Slowackiego",
        "30-001:Krakow 50-001:Wroclaw 80-001:Gdansk 60-001:Poznan 20-001:Lublin",
    ),
    _culture(
        "Netherlands",
        "+31 6 5550 0###",
        "postbus.example",
        "{street} {number}, {postcode} {city}",
        "Femke Sanne Lotte Marieke Anouk Jolijn Willemijn Maaike Tessa Liesbeth Rosalie Hendrika",
        "Daan Ruben Jasper Thijs Maarten Joost Wouter Bastiaan Gerrit Pieter Sjoerd Koen",
        "Bakker Visser Mulder Dekker Brouwer Hoekstra Kuipers Postma Verhoeven Zijlstra Schouten Wiersma Hermans",
        "Prinsengracht Molenstraat Kerkstraat Dorpsweg Wilgenlaan Beukenlaan",
        "3511:Utrecht 9711:Groningen 2311:Leiden 6511:Nijmegen 2011:Haarlem",
    ),
    _culture(
        "Finland",
        "+358 45 550 0###",
        "kirje.example",
        "{street} {number}, {postcode} {city}",
        "Aino Helmi Kaisa Päivi Tuuli Riikka Sirpa Outi Minna Jaana Kirsi Vilma",
        "Eero Juhani Mikko Pekka Antti Jarkko Jussi Kalle Tuomas Väinö Onni Ilkka",
        "Virtanen Korhonen Nieminen Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Salminen Rantala Peltola",
        "Koivukatu Rantatie Mannerheimintie Kauppakatu Kirkkokatu Puistotie",
        "00100:Helsinki 33100:Tampere 20100:Turku 90100:Oulu 70100:Kuopio",
    ),
    _culture(
        "United Kingdom",
        "+44 7700 900 ###",
        "letterbox.example",
        "{number} {street}, {city} {postcode}",
        "Harriet Imogen Philippa Bronwen Fiona Gemma Rosalind Tamsin Winifred Eilidh Beverley Cordelia",
        "Callum Alistair Gareth Rupert Duncan Nigel Hamish Barnaby Fergus Leighton Dominic Trevor",
        "Ashworth Bradshaw Cartwright Davies Ellis Fairbairn Griffiths Haldane Lockwood Merriman Pemberton Sinclair",
        "Albert_Road Castle_Street Victoria_Terrace Canal_Street Station_Road Abbey_Lane",
        "LS1_4DY:Leeds BS1_5TR:Bristol EH1_1YZ:Edinburgh CF10_1EP:Cardiff YO1_7HH:York",
    ),
    _culture(
        "United States",
        "+1 617 555 01##",
        "mailhub.example",
        "{number} {street}, {city} {postcode}",
        "Ashley Brittany Danielle Heather Kimberly Lindsey Meredith Rebecca Stephanie Tiffany Whitney Savannah",
        "Brandon Cody Derek Garrett Jeremy Kenneth Marcus Preston Spencer Tyler Zachary Travis",
        "Adams Bennett Coleman Dawson Emerson Foster Gibson Hendricks Jackson Kendall McAllister Peterson Sullivan",
        "Maple_Avenue Sycamore_Drive Lincoln_Avenue Washington_Street Madison_Avenue Franklin_Street",
        "MA_02108:Boston OR_97204:Portland TX_78701:Austin CO_80202:Denver WI_53703:Madison",
    ),
    _culture(
        "Nigeria",
        "+234 803 555 0###",
        "iwe.example",
        "{number} {street}, {city} {postcode}",
        "Ngozi Adaeze Folake Yetunde Chiamaka Bukola Ifeoma Titilayo Nkechi Omotola Uchenna Zainab",
        "Emeka Chinedu Babatunde Olumide Tunji Obinna Ikenna Segun Danladi Kelechi Adewale Rotimi",
        "Okafor Adeyemi Balogun Nwosu Okeke Chukwu Afolabi Danjuma Ogunleye Uzoma Akintola Bankole Onyema Igwe",
        "Awolowo_Road Broad_Street Allen_Avenue Marina_Road Bode_Thomas_Street Adeola_Odeku_Street",
        "100001:Lagos 900001:Abuja 200001:Ibadan 400001:Enugu 700001:Kano",
    ),
    _culture(
        "Ghana",
        "+233 24 555 0###",
        "krataa.example",
        "{number} {street}, {city} {postcode}",
        "Akosua Adwoa Efua Araba Esinam Ekua Maame Afia Nhyira Serwaa Dzifa Akua",
        "Kofi Kwame Yaovi Kwabena Ekow Nana-Yaw Kojo Selorm Fiifi Kwaku Elikem Kwesi",
        "Mensah Boateng Asante Owusu Agyeman Appiah Darko Ofori Quartey Amoah Sarpong Addo Tetteh Acheampong",
        "Ring_Road Oxford_Street Liberation_Road Independence_Avenue Spintex_Road Castle_Road",
        "GA-100:Accra AK-039:Kumasi WS-005:Takoradi CC-012:Cape_Coast NT-001:Tamale",
    ),
    _culture(
        "Kenya",
        "+254 712 555 ###",
        "barua.example",
        "{street} {number}, {postcode} {city}",
        "Wanjiru Akinyi Njeri Chebet Atieno Nyambura Makena Wairimu Moraa Khadija Zawadi Jepkosgei",
        "Otieno Kiprono Baraka Mutiso Jumaane Wekesa Ochieng Kiplagat Muthomi Simiyu Rashid Kariuki",
        "Kamau Mwangi Odhiambo Njoroge Kiptoo Wambua Omondi Barasa Cheruiyot Mutua Nyaga Okoth Maina Gitonga",
        "Moi_Avenue Kenyatta_Avenue Ngong_Road Riverside_Drive Kimathi_Street Haile_Selassie_Road",
        "00100:Nairobi 80100:Mombasa 40100:Kisumu 20100:Nakuru 30100:Eldoret",
    ),
    _culture(
        "India",
        "+91 98765 55###",
        "chitthi.example",
        "{number} {street}, {city} {postcode}",
        "Priya Ananya Kavita Meera Deepika Sunita Lakshmi Shreya Divya Pooja Nandini Aishwarya",
        "Arjun Rohan Vikram Sanjay Rahul Suresh Karthik Manish Aditya Pranav Harish Ganesh",
        "Sharma Patel Iyengar Banerjee Gupta Mehta Kulkarni Chatterjee Nambiar Deshpande Bhatt Reddy Joshi Malhotra",
        "Nehru_Road Gandhi_Road Tagore_Lane Residency_Road Lake_View_Road Temple_Street",
        "560001:Bengaluru 411001:Pune 600001:Chennai 700001:Kolkata 302001:Jaipur",
    ),
    _culture(
        "Japan",
        "+81 90 5550 0###",
        "tegami.example",
        "{number} {street}, {city} {postcode}",
        "Haruka Yukiko Sakura Keiko Natsumi Ayumi Michiko Tomoko Nanami Kaori Mariko Chihiro",
        "Hiroshi Takeshi Kenta Daisuke Satoshi Yusuke Makoto Ryota Shinji Tatsuya Kazuki Noboru",
        "Tanaka Suzuki Watanabe Yamamoto Nakamura Kobayashi Matsumoto Shimizu Hayashi Fujita Okada Ishikawa Hasegawa",
        "Sakura-dori Aoba-dori Midori-cho Hana-machi Kawaramachi-dori Nishiki-koji",
        "604-8005:Kyoto 530-0001:Osaka 980-0811:Sendai 810-0001:Fukuoka 060-0001:Sapporo",
    ),
    _culture(
        "Turkey",
        "+90 532 555 0###",
        "mektup.example",
        "{street} {number}, {postcode} {city}",
        "Elif Zeynep Defne Sevgi Nilgün Gülsen Hatice Melike Pinar Bahar Nesrin Yasemin",
        "Emre Mehmet Mustafa Okan Selim Kerem Tolga Hakan Murat Serkan Yusuf Volkan",
        "Yilmaz Demir Aksoy Öztürk Aydin Arslan Polat Korkmaz Güler Erdogdu Bulut Tekin Sahin Cetin",
        "Atatürk_Caddesi Lale_Sokak Istiklal_Caddesi Gül_Sokak Cumhuriyet_Caddesi Deniz_Sokak",
        "34000:Istanbul 06000:Ankara 35000:Izmir 16000:Bursa 07000:Antalya",
    ),
)

# Names that only written people have. Drawn ones have those above.
_OTHER_WOMEN = _words(
    "Lena Lea Vera Sana Noor Mei Ines Inés Ruth Miriam Anna Maria Julia Sofia Laura Sarah Emma Olivia Nora Clara Alice "
    "Amara Aisha Fatima Leila Yasmin Amina Zara Eva Ida Ingrid Astrid Freya Sigrid Marta Rosa Isabel Camila Valeria "
    "Gabriela Daniela Mariana Ana Paula Lucia Alma Naomi Yuki Yuna Hana Aiko Linh Thuy Ling Xiu Jing Min-ji Soo-jin "
    "Nadia Olga Irina Svetlana Tatiana Katya Anya Milena Petra Jana Eszter Ilona Ioana Elif Ayse Dalia Mona Rania "
    "Hala Tala Grace Hope Rose Claire Helen Margaret Susan Linda Karen Nancy Rachel Hannah Leah Molly Maeve Niamh "
    "Aoife Chloe Zoe Mia Lina Mila Stella Bianca Giada Agata Dina Rita Thandiwe Nomvula Lindiwe Zanele Adaobi Amaka "
    "Folasade Wanjiku Achieng Neema Lakshmi Asha Usha Kiran Neha Riya Tara Anjali Sunniva Maren Silje Liv Tuva Signe"
)
_OTHER_MEN = _words(
    "Ben Tom Nils Tomás Tomas Carlos Diego Pablo Luis Juan José Jose Pedro Mateo Santiago Andrés Felipe Hugo Louis "
    "Pierre Karim Omar Ali Hassan Hussein Ahmed Mohamed Ibrahim Yusuf Tariq Samir Bilal Khalid David Daniel Michael "
    "James Peter Robert William George Henry Jack Oliver Liam Noah Ethan Lucas Leo Max Felix Anton Emil Oskar Oscar "
    "Lars Sven Bjorn Anders Magnus Henrik Jens Mads Rasmus Ivan Igor Dmitri Sergei Nikolai Viktor Pavel Milan Jan Adam "
    "Mark Simon Stefan Thomas Martin Georg Karl Hans Kurt Otto Fritz Kenji Hiro Takumi Haruto Jin-woo Min-jun Wei Chen "
    "Jun Minh Anh-tuan Raj Amit Anil Deepak Imran Faisal Usman Kwesi Tendai Thabo Sipho Mandla Jabari Chidi Tunde Femi "
    "Ifeanyi Ade Moses Samuel Joseph Isaac Elijah Gabriel Luca Pietro Bruno Enzo Dario Fabio Giorgio Rui Joao João "
    "Theo Arthur Edward Patrick Sean Conor Declan Niall Cormac Angus Ewan Alan Colin Frank Walter Victor Hector Ernesto"
)
# The country of a written person whose names are unknown.
DEFAULT = CULTURES[8]


@cache
def gender_of(first_name: str) -> str | None:
    """Return the pronoun that goes with a first name, `she` or `he`; `None` for an unknown name."""
    for pronoun, others in (("she", _OTHER_WOMEN), ("he", _OTHER_MEN)):
        if first_name in others or any(first_name in first_names(culture, pronoun) for culture in CULTURES):
            return pronoun
    return None


def first_names(culture: Culture, pronoun: str) -> tuple[str, ...]:
    """Return the first names of a country for a pronoun; with `they`, all of them."""
    return {"she": culture.women, "he": culture.men}.get(pronoun, culture.women + culture.men)


def culture_of(first_name: str = "", last_name: str = "", phone: str = "", city: str = "") -> Culture:
    """Return the country that the parts of a written person fit best; the United Kingdom if they fit none."""
    if phone.startswith("+"):
        fitting = [culture for culture in CULTURES if phone.startswith(culture.prefix)]
        if fitting:
            return max(fitting, key=lambda culture: len(culture.prefix))
    for culture in CULTURES:
        if city and city in cities(culture).values():
            return culture
    for name in (last_name, first_name):
        for culture in CULTURES:
            if name in culture.last_names + culture.women + culture.men:
                return culture
    return DEFAULT


def cities(culture: Culture) -> dict[str, str]:
    """Return the cities of a country, by postcode."""
    return dict(city.split(":") for city in culture.cities)
